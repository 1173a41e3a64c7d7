/** Summaries of large channels behind their port: collected in the step that logs the changes they stand for. */
import {
  type Change,
  type Instant,
  type IntervalNotice,
  type Ledger,
  type SummingOf,
  type TickBook,
  Ticks,
} from "@hereabouts/core";
import type { SubscribeKey } from "@hereabouts/protocol";
import type { EmbeddedEventLog } from "./event-log.ts";
import type { Gate } from "./gate.ts";

/** What the book works on. */
export interface EmbeddedTickBookOptions {
  readonly ledgers: ReadonlyMap<SubscribeKey, Ledger>;
  readonly log: EmbeddedEventLog;
  readonly gate: Gate;
}

/** Only the occupancy. */
const countOnly = { offset: 0, limit: 0, unless: undefined } as const;

/** The summaries of one process. */
export class EmbeddedTickBook implements TickBook {
  readonly #ledgers: ReadonlyMap<SubscribeKey, Ledger>;
  readonly #log: EmbeddedEventLog;
  readonly #gate: Gate;
  readonly #ticks = new Map<SubscribeKey, Ticks>();
  #summingOf: SummingOf | undefined;

  constructor({ ledgers, log, gate }: EmbeddedTickBookOptions) {
    this.#ledgers = ledgers;
    this.#log = log;
    this.#gate = gate;
  }

  govern(summingOf: SummingOf, now: Instant): void {
    this.#summingOf = summingOf;
    for (const [keyset, ledger] of this.#ledgers) this.#takeUp(keyset, ledger, now);
  }

  async fire(keyset: SubscribeKey, now: Instant, limit: number): Promise<readonly IntervalNotice[]> {
    this.#gate.pass();
    const notices =
      this.#ticks.get(keyset)?.fire((channel) => this.#summingOf?.(keyset, channel), now, limit) ?? [];
    this.#log.appendNotices(keyset, notices, now);
    return notices;
  }

  /** Takes changes in that have just been made. Those that are to be logged. */
  collect(keyset: SubscribeKey, changes: readonly Change[], now: Instant): readonly Change[] {
    const summingOf = this.#summingOf;
    if (summingOf === undefined) return changes;
    const ticks = this.#ticksOf(keyset, now);
    return changes.flatMap((change) => ticks.collect(change, summingOf(keyset, change.channel), now) ?? []);
  }

  /** Writes every summary now, so that nothing that was left out of the log is lost with this process. */
  close(now: Instant): void {
    for (const [keyset, ticks] of this.#ticks) this.#log.appendNotices(keyset, ticks.close(now), now);
  }

  /** Forgets the summaries of all keysets but these. */
  forgetOthers(inForce: ReadonlySet<SubscribeKey>): void {
    for (const keyset of this.#ticks.keys()) if (!inForce.has(keyset)) this.#ticks.delete(keyset);
  }

  #ticksOf(keyset: SubscribeKey, now: Instant): Ticks {
    let ticks = this.#ticks.get(keyset);
    if (ticks === undefined) {
      ticks = new Ticks(now);
      this.#ticks.set(keyset, ticks);
    }
    return ticks;
  }

  /** Large channels of an earlier life go on being summed up, although nothing may happen in them. */
  #takeUp(keyset: SubscribeKey, ledger: Ledger, now: Instant): void {
    for (const channel of ledger.occupied(Number.POSITIVE_INFINITY, now).channels) {
      const summing = this.#summingOf?.(keyset, channel);
      if (summing === undefined) continue;
      const view = ledger.channel(channel, countOnly, now);
      if (view.occupancy > summing.announceMax) this.#ticksOf(keyset, now).begin(view, summing.everyMs, now);
    }
  }
}
