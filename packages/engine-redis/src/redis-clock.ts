/**
 * A clock that follows one Redis server's, so that all nodes agree on the time whatever their machines say. It asks once
 * a second, believes the quickest of the latest answers, never runs backwards, and is put right slowly.
 */
import { type Cancel, EngineError, type Instant, type Scheduler } from "@hereabouts/core";
import { Keyspace } from "./keys.ts";
import type { RedisPort } from "./port.ts";
import { loadScript } from "./scripts.ts";

/** What a clock stands on. */
export interface RedisClockOptions {
  readonly port: RedisPort;
  /** The engine's prefix: its keys say which server's clock is followed. */
  readonly prefix: string;
  /** The machine's clock and timers. The clock must be a steady one. */
  readonly scheduler: Scheduler;
}

/** The clock, until it is stopped; then it goes on by the machine's. */
export interface RedisClock {
  readonly scheduler: Scheduler;
  readonly stop: Cancel;
}

const askEveryMs = 1_000;
const answersAtStart = 5;
/** Of so many latest answers the quickest is believed: the least can have happened on its way. */
const answersKept = 8;
/** The clock is put right by at most this share of the time that passes. */
const slewShare = 0.05;
/** The longest a timer relies on what the clock was when it was set. */
const trustMs = 10_000;

const script = loadScript("engine-time");

interface Answer {
  readonly roundTripMs: number;
  /** By how much Redis is ahead of the machine. */
  readonly offsetMs: number;
}

/** Starts to follow the clock of the engine's Redis. Rejects with `EngineError` when it cannot be asked. */
export async function openRedisClock(options: RedisClockOptions): Promise<RedisClock> {
  const answers: Answer[] = [];
  for (let count = 0; count < answersAtStart; count++) answers.push(await ask(options));
  const clock = new FollowingClock(options, answers);
  clock.askLater();
  return { scheduler: clock, stop: () => clock.stop() };
}

async function ask({ port, prefix, scheduler }: RedisClockOptions): Promise<Answer> {
  const before = scheduler.now();
  const reply = await port.run(script, [new Keyspace({ prefix }).engine], []);
  const after = scheduler.now();
  const [seconds, micros] = Array.isArray(reply) ? reply : [];
  const timeMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
  if (!Number.isFinite(timeMs)) {
    throw new EngineError("corrupt", `Redis says that its time is ${JSON.stringify(reply)}.`, {
      cause: reply,
    });
  }
  return { roundTripMs: after - before, offsetMs: timeMs - (before + after) / 2 };
}

class FollowingClock implements Scheduler {
  readonly #options: RedisClockOptions;
  readonly #machine: Scheduler;
  readonly #answers: Answer[];
  #offsetMs: number;
  #slewedAt: Instant;
  #latest: Instant = 0;
  #cancel: Cancel | undefined;
  #isStopped = false;

  constructor(options: RedisClockOptions, answers: Answer[]) {
    this.#options = options;
    this.#machine = options.scheduler;
    this.#answers = answers;
    this.#offsetMs = this.#believed();
    this.#slewedAt = this.#machine.now();
  }

  now(): Instant {
    const machine = this.#machine.now();
    this.#slew(machine);
    this.#latest = Math.max(this.#latest, Math.floor(machine + this.#offsetMs));
    return this.#latest;
  }

  at(when: Instant, run: () => void): Cancel {
    let cancel: Cancel = () => undefined;
    const arm = (): void => {
      const ms = Math.min(Math.max(0, when - this.now()), trustMs);
      cancel = this.#machine.at(this.#machine.now() + ms, fire);
    };
    const fire = (): void => {
      if (this.now() < when) arm();
      else run();
    };
    arm();
    return () => cancel();
  }

  soon(run: () => void): void {
    this.#machine.soon(run);
  }

  /** Asks once a second until it is stopped. While Redis is away the clock goes on by the machine's. */
  askLater(): void {
    this.#cancel = this.#machine.at(this.#machine.now() + askEveryMs, () => {
      void this.#ask().then(() => {
        if (!this.#isStopped) this.askLater();
      });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #ask(): Promise<void> {
    try {
      const answer = await ask(this.#options);
      this.#answers.push(answer);
      if (this.#answers.length > answersKept) this.#answers.shift();
    } catch {
      // What was answered before is still the best that is known.
    }
  }

  #believed(): number {
    const [first, ...others] = this.#answers;
    if (first === undefined) return 0;
    return others.reduce((best, answer) => (answer.roundTripMs <= best.roundTripMs ? answer : best), first)
      .offsetMs;
  }

  #slew(machine: Instant): void {
    const most = (machine - this.#slewedAt) * slewShare;
    this.#slewedAt = machine;
    const behind = this.#believed() - this.#offsetMs;
    this.#offsetMs += Math.max(-most, Math.min(most, behind));
  }
}
