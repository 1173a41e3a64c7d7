/**
 * What is true of the crowd's users, whatever the cluster says: who has to be seen, who may be, and who must not be any
 * more. Pure but for what it is told.
 */
import type { LifeStep } from "@hereabouts/testkit/cluster";

/** How long a user may still be shown after it has gone, beyond its timeout: a sweep, the delivery, and a slow machine. */
export const slackMs = 2_000;

/**
 * By how much the clocks of users and of nodes, which follow that of Redis, may differ in whole milliseconds: a timeout
 * that is early by no more is on time.
 */
export const clocksDifferMs = 5;

/** A user's life as far as it is known. */
export interface Life {
  readonly user: string;
  readonly channel: string;
  readonly last: LifeStep;
  /** When it was told that it is seated, in milliseconds since 1970; `undefined` before. */
  readonly seatedAt: number | undefined;
}

/** When presence deadlines stood still, or requests lay about: what moves the bounds. Milliseconds since 1970. */
export interface Outage {
  readonly from: number;
  readonly to: number;
  /** Whether everybody's deadline is extended by it, or only a request may have lain about until its end. */
  readonly extends: "everybody" | "uncertain";
}

/** The users who have to be seen and who must not be, by channel and user: `channel user`. */
export interface Expected {
  readonly must: ReadonlySet<string>;
  readonly mustNot: ReadonlySet<string>;
}

/** The truth, kept up to date. */
export class Truth {
  readonly #lives = new Map<string, Life>();
  readonly #timeoutMs: number;
  readonly #graceMs: number;
  #outage: Outage | undefined;

  constructor(timeoutSeconds: number, graceSeconds: number) {
    this.#graceMs = graceSeconds * 1_000;
    this.#timeoutMs = timeoutSeconds * 1_000;
  }

  /** Takes one step of a life in. */
  learn(step: LifeStep): void {
    const before = this.#lives.get(step.user);
    const seatedAt = before?.seatedAt ?? (step.stage === "seated" ? step.at : undefined);
    this.#lives.set(step.user, { user: step.user, channel: step.channel, last: step, seatedAt });
  }

  /** From now on bounds are moved by this. */
  allowFor(outage: Outage): void {
    this.#outage = outage;
  }

  lives(): readonly Life[] {
    return [...this.#lives.values()];
  }

  life(user: string): Life | undefined {
    return this.#lives.get(user);
  }

  /** The instant from which a user who is gone must not be shown any more; infinite for all others. */
  boundOf({ last }: Life): number {
    if (last.stage === "left") return last.at + slackMs;
    if (last.stage !== "dead") return Number.POSITIVE_INFINITY;
    const ends = last.at + this.#timeoutMs + slackMs;
    const outage = this.#outage;
    if (outage === undefined) return ends;
    if (outage.extends === "everybody") {
      return ends > outage.from ? ends + (outage.to - outage.from) : ends;
    }
    return last.isUncertain ? Math.max(ends, outage.to + this.#timeoutMs + slackMs) : ends;
  }

  /** The earliest instant at which a silent user may have been timed out. */
  earliestTimeoutOf({ last }: Life): number {
    return last.renewedAt + this.#timeoutMs - clocksDifferMs;
  }

  /** The earliest instant at which a user may have left whose stream was closed; infinite for all others. */
  earliestLeaveOf({ last }: Life): number {
    return last.closedAt === undefined
      ? Number.POSITIVE_INFINITY
      : last.closedAt + this.#graceMs - clocksDifferMs;
  }

  /** When a silent user should have been timed out at the latest. */
  latestTimeoutOf({ last }: Life): number {
    return last.sentAt + this.#timeoutMs;
  }

  /** When the last of those who are gone must have been forgotten. */
  lastBound(): number {
    const bounds = this.lives().map((life) => this.boundOf(life));
    return Math.max(0, ...bounds.filter(Number.isFinite));
  }

  /** Who has to be seen now by those who hear of a seat so long after it was taken, and who must not be any more. */
  expected(now: number, heardAfterMs: number): Expected {
    const must = new Set<string>();
    const mustNot = new Set<string>();
    for (const life of this.#lives.values()) {
      const name = seatName(life.channel, life.user);
      if (life.last.stage === "seated") {
        if (life.last.at + heardAfterMs <= now) must.add(name);
      } else if (now > this.boundOf(life)) mustNot.add(name);
    }
    return { must, mustNot };
  }
}

/** How a seat is called here. */
export function seatName(channel: string, user: string): string {
  return `${channel} ${user}`;
}

/** How a picture of who is where differs from what was expected before it was taken and after. */
export interface Difference {
  /** Users who are there and are not shown. */
  readonly missing: readonly string[];
  /** Users who are shown and are long gone: ghosts. */
  readonly ghosts: readonly string[];
}

/** Compares a picture with the truth. What changed while it was taken is not held against it. */
export function differenceOf(shown: ReadonlySet<string>, before: Expected, after: Expected): Difference {
  return {
    missing: [...before.must].filter((seat) => after.must.has(seat) && !shown.has(seat)),
    ghosts: [...before.mustNot].filter((seat) => after.mustNot.has(seat) && shown.has(seat)),
  };
}
