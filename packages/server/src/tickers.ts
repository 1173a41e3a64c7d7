/** The loop that ends seats whose time is up. */
import { type Cancel, sweepBatch, sweepEveryMs } from "@hereabouts/core";
import type { Log } from "./log.ts";
import type { Context } from "./service/context.ts";
import { sweepSeats } from "./service/seats.ts";

/**
 * Sweeps every keyset again and again until cancelled. After a full batch it lets waiting requests go first, so that
 * a burst of timeouts never holds up the event loop.
 */
export function startSweeping(context: Context, log: Log): Cancel {
  const { keysets, scheduler } = context;
  let isStopped = false;
  let cancelTimer: Cancel = () => {};

  async function sweepAll(): Promise<boolean> {
    let isDone = true;
    for (const keyset of keysets.all()) {
      const ended = await sweepSeats(context, keyset, sweepBatch);
      if (ended >= sweepBatch) isDone = false;
    }
    return isDone;
  }

  function round(): void {
    if (isStopped) return;
    sweepAll().then(next, (error: unknown) => {
      log.warn("A sweep failed; the next one tries again.", { err: error });
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
