/** The loops that time drives: seats whose time is up are ended, large channels are summed up. */
import { type Cancel, type Keyset, sweepBatch, sweepEveryMs, tickBatch } from "@hereabouts/core";
import type { Log } from "./log.ts";
import type { Context } from "./service/context.ts";
import { sweepSeats } from "./service/seats.ts";

/** Sweeps every keyset again and again until cancelled. */
export function startSweeping(context: Context, log: Log): Cancel {
  return startRounds(context, (keyset) => sweepSeats(context, keyset, sweepBatch), {
    batch: sweepBatch,
    onError: (err) => log.warn("A sweep failed; the next one tries again.", { err }),
  });
}

/** Sums large channels up, in every keyset, again and again until cancelled. */
export function startTicking(context: Context, log: Log): Cancel {
  const { engine, scheduler } = context;
  const fire = async ({ subscribeKey }: Keyset): Promise<number> =>
    (await engine.ticks.fire(subscribeKey, scheduler.now(), tickBatch)).length;
  return startRounds(context, fire, {
    batch: tickBatch,
    onError: (err) => log.warn("Large channels could not be summed up; the next round tries again.", { err }),
  });
}

interface RoundOptions {
  /** As many as this done in a keyset may not have been all. */
  readonly batch: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Does something in every keyset again and again until cancelled. After a full batch it lets waiting requests go first,
 * so that a burst never holds up the event loop.
 */
function startRounds(
  { keysets, scheduler }: Context,
  doIn: (keyset: Keyset) => Promise<number>,
  { batch, onError }: RoundOptions,
): Cancel {
  let isStopped = false;
  let cancelTimer: Cancel = () => {};

  async function doAll(): Promise<boolean> {
    let isDone = true;
    for (const keyset of keysets.all()) {
      const done = await doIn(keyset);
      if (done >= batch) isDone = false;
    }
    return isDone;
  }

  function round(): void {
    if (isStopped) return;
    doAll().then(next, (error: unknown) => {
      onError(error);
      next(true);
    });
  }

  function next(isDone: boolean): void {
    if (isStopped) return;
    if (isDone) cancelTimer = scheduler.at(scheduler.now() + sweepEveryMs, round);
    else scheduler.soon(round);
  }

  round();
  return () => {
    isStopped = true;
    cancelTimer();
  };
}
