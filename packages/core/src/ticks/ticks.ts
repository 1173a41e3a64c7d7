/**
 * A keyset's channels that are summed up: which changes are told one by one, what the others came to, and when the next
 * summary is due. Deterministic and without a clock. Source of the rules: semantics §§ 8, 9.
 */
import type { Channel } from "@hereabouts/protocol";
import type { Change, Instant, IntervalNotice, Summing } from "../ports.ts";
import { type Timed, TimingWheel } from "../timing-wheel.ts";
import { Summary } from "./summary.ts";

/** A channel that is summed up. */
interface Tick extends Timed<Tick> {
  readonly channel: Channel;
  /** When it was summed up last, or began to be. */
  since: Instant;
  everyMs: number;
  occupancy: number;
  revision: number;
  epoch: string;
  summary: Summary;
}

/** Where a channel stands: what a summary begins with. */
export type Standing = Pick<Change, "channel" | "occupancy" | "revision" | "epoch">;

/** When a channel of the keyset is summed up; `undefined` for never. */
type SummingIn = (channel: Channel) => Summing | undefined;

/** The channels that are summed up, in one keyset. */
export class Ticks {
  readonly #ticks = new Map<Channel, Tick>();
  readonly #due: Set<Tick> = new Set();
  readonly #wheel: TimingWheel<Tick>;
  #order = 0;

  constructor(startsAt: Instant) {
    this.#wheel = new TimingWheel(Math.floor(startsAt));
  }

  /**
   * Takes a change in, where its channel is summed up or is to be from now on. The change as it is to be logged;
   * `undefined` when the summary tells of it and nothing else does.
   */
  collect(change: Change, summing: Summing | undefined, now: Instant): Change | undefined {
    const known = this.#ticks.get(change.channel);
    const isSilent =
      summing !== undefined && change.kind !== "state-change" && change.occupancy > summing.announceMax;
    if (known === undefined && !isSilent) return change;
    const tick =
      known ?? this.#open({ ...change, revision: change.revision - 1 }, summing?.everyMs ?? 0, now);
    if (summing !== undefined && summing.everyMs !== tick.everyMs) this.#reset(tick, summing.everyMs, now);
    // In another life of the count nothing goes on from what was before.
    if (tick.epoch !== change.epoch) tick.summary = new Summary(change.revision - 1);
    tick.summary.add(change);
    stand(tick, change);
    return isSilent ? undefined : { ...change, isSummedUp: true };
  }

  /** Begins to sum a channel up in which nothing happens, unless it is already. */
  begin(standing: Standing, everyMs: number, now: Instant): void {
    if (!this.#ticks.has(standing.channel)) this.#open(standing, everyMs, now);
  }

  /** At most `limit` of the summaries that are due, the earliest first; what is still too large is due again later. */
  fire(summingIn: SummingIn, now: Instant, limit: number): readonly IntervalNotice[] {
    const at = Math.floor(now);
    this.#wheel.advance(at, (tick) => this.#due.add(tick));
    const notices: IntervalNotice[] = [];
    for (const tick of this.#due) {
      if (notices.length >= limit) break;
      this.#due.delete(tick);
      notices.push(this.#sumUp(tick, summingIn, at));
    }
    return notices;
  }

  /** Every summary at once, due or not, and the end of all. */
  close(now: Instant): readonly IntervalNotice[] {
    const notices = [...this.#ticks.values()].map((tick) => noticeOf(tick, Math.floor(now)));
    for (const tick of this.#ticks.values()) this.#wheel.remove(tick);
    this.#ticks.clear();
    this.#due.clear();
    return notices;
  }

  #open(standing: Standing, everyMs: number, now: Instant): Tick {
    const since = Math.floor(now);
    const { channel, occupancy, revision, epoch } = standing;
    const tick: Tick = {
      ...{ channel, occupancy, revision, epoch },
      ...{ since, everyMs, deadline: since + everyMs, summary: new Summary(revision) },
      ...{ order: this.#order++, before: undefined, after: undefined },
    };
    this.#ticks.set(channel, tick);
    this.#wheel.file(tick);
    return tick;
  }

  /** Another interval is in force at once, but what is due stays due. */
  #reset(tick: Tick, everyMs: number, now: Instant): void {
    tick.everyMs = everyMs;
    if (this.#due.has(tick) || tick.deadline <= Math.floor(now)) return;
    tick.deadline = Math.max(tick.since + everyMs, Math.floor(now) + 1);
    this.#wheel.file(tick);
  }

  #sumUp(tick: Tick, summingIn: SummingIn, at: Instant): IntervalNotice {
    const notice = noticeOf(tick, at);
    const summing = summingIn(tick.channel);
    if (summing === undefined || tick.occupancy <= summing.announceMax) {
      this.#ticks.delete(tick.channel);
      return notice;
    }
    tick.everyMs = summing.everyMs;
    tick.summary = new Summary(tick.revision);
    // By the channel's own clock, not by when somebody looked: what was missed meanwhile is in this one.
    tick.since = tick.deadline + Math.floor((at - tick.deadline) / tick.everyMs) * tick.everyMs;
    tick.deadline = tick.since + tick.everyMs;
    this.#wheel.file(tick);
    return notice;
  }
}

function stand(tick: Tick, { occupancy, revision, epoch }: Standing): void {
  tick.occupancy = occupancy;
  tick.revision = revision;
  tick.epoch = epoch;
}

function noticeOf({ channel, occupancy, revision, epoch, summary }: Tick, at: Instant): IntervalNotice {
  return { channel, occupancy, revision, epoch, at, ...summary.tell() };
}
