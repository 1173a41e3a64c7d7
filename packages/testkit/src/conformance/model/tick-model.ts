/**
 * What summaries must tell, by a plain record of every change: which of them are not logged, when a summary is due, and
 * who came and went in the revisions that it is about. What a restart does to the time of summaries is the engine's
 * choice; that nothing is left untold is not.
 */
import type { Change, Instant, IntervalNotice, Summing } from "@hereabouts/core";
import type { Channel, State, UserId } from "@hereabouts/protocol";
import { expect } from "vitest";

const summings: ReadonlyMap<string, Summing> = new Map([
  ["a", { announceMax: 1, everyMs: 2_000 }],
  ["b", { announceMax: 2, everyMs: 5_000 }],
  ["x.a", { announceMax: 0, everyMs: 1_000 }],
]);

/** When a channel is summed up. */
export function summingOf(channel: Channel): Summing | undefined {
  return summings.get(channel);
}

/** A channel that is summed up. */
interface ModelTick {
  /** Whether it is certain that it is, and when it is due: until the engine is opened again. */
  isCertain: boolean;
  since: Instant;
  due: Instant;
  /** The revision before the first change that is to be told. */
  from: number;
  changes: Change[];
  newest: Pick<Change, "occupancy" | "revision" | "epoch">;
}

/** All channels that are summed up. Its time is the time that passed: it never goes back. */
export class TickModel {
  readonly #ticks = new Map<Channel, ModelTick>();

  /** Takes a change in. The change as it is to be logged; `undefined` when it is not. */
  take(change: Change, now: Instant): Change | undefined {
    const summing = summingOf(change.channel);
    const isSilent =
      summing !== undefined && change.kind !== "state-change" && change.occupancy > summing.announceMax;
    const known = this.#ticks.get(change.channel);
    if (known === undefined && !isSilent) return change;
    const due = now + (summing?.everyMs ?? 0);
    const from = change.revision - 1;
    const tick = known ?? { isCertain: true, since: now, due, from, changes: [], newest: change };
    this.#ticks.set(change.channel, tick);
    if (tick.newest.epoch !== change.epoch) {
      tick.changes = [];
      tick.from = from;
    }
    tick.changes.push(change);
    tick.newest = change;
    return isSilent ? undefined : change;
  }

  /** The channels that must be told, and no other that is certain may be. */
  due(now: Instant): readonly Channel[] {
    return [...this.#ticks]
      .filter(([, tick]) => tick.isCertain && tick.due <= now)
      .map(([channel]) => channel);
  }

  /** The channels of which it is not known whether and when they are to be told. */
  uncertain(): readonly Channel[] {
    return [...this.#ticks].filter(([, tick]) => !tick.isCertain).map(([channel]) => channel);
  }

  /** Fails when a notice is not what a channel's changes come to. */
  check(notice: IntervalNotice, stateOf: (user: UserId) => State | undefined, now: Instant): void {
    const tick = this.#ticks.get(notice.channel);
    if (tick === undefined) throw new Error(`${notice.channel} is not summed up`);
    const { epoch, revision } = tick.newest;
    // A restart may count those out whose time was up by then.
    const { occupancy } = tick.isCertain ? tick.newest : notice;
    const changes = tick.changes.filter((change) => change.revision > (notice.sinceRevision ?? 0));
    if (tick.isCertain) expect(notice.sinceRevision).toBe(tick.from);
    const untold = tick.changes.filter((change) => !changes.includes(change) && this.#isSilent(change));
    expect(untold).toEqual([]);
    const here = usersOf(changes, undefined).filter((user) => lastOf(changes, user)?.kind === "join");
    expect({ ...notice, here: new Map(notice.here), at: undefined, sinceRevision: undefined }).toEqual({
      ...{ channel: notice.channel, occupancy, epoch, revision, at: undefined, sinceRevision: undefined },
      ...{ joined: usersOf(changes, "join"), left: usersOf(changes, "leave") },
      ...{ timedOut: usersOf(changes, "timeout"), hereNowRefresh: false },
      here: new Map(here.map((user) => [user, stateOf(user)])),
    });
    this.#wind(notice.channel, tick, now);
  }

  /** Notes that the engine was closed and opened. */
  reopen(): void {
    for (const tick of this.#ticks.values()) tick.isCertain = false;
  }

  #wind(channel: Channel, tick: ModelTick, now: Instant): void {
    const { announceMax, everyMs } = summingOf(channel) ?? { announceMax: 0, everyMs: 1 };
    tick.changes = [];
    tick.from = tick.newest.revision;
    while (tick.since + everyMs <= now) tick.since += everyMs;
    tick.due = tick.since + everyMs;
    if (tick.newest.occupancy <= announceMax && tick.isCertain) this.#ticks.delete(channel);
  }

  #isSilent({ kind, channel, occupancy }: Change): boolean {
    return (
      kind !== "state-change" && occupancy > (summingOf(channel)?.announceMax ?? Number.POSITIVE_INFINITY)
    );
  }
}

/** Users of changes of a kind, or of all but state changes, in the order of their first in any list. */
function usersOf(changes: readonly Change[], kind: Change["kind"] | undefined): readonly UserId[] {
  const moves = changes.filter((change) => change.kind !== "state-change");
  const users = [...new Set(moves.map(({ user }) => user))];
  if (kind === undefined) return users;
  return users.filter((user) => moves.some((change) => change.user === user && change.kind === kind));
}

function lastOf(changes: readonly Change[], user: UserId): Change | undefined {
  return changes.findLast((change) => change.user === user && change.kind !== "state-change");
}
