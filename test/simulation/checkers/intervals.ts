/**
 * Large channels are summed up at most once in an interval, in time, until the last one that is due, and with the right
 * lists: each summary goes on where the one before ended, and tells of every change since.
 */
import type { Change, IntervalNotice, Summing } from "@hereabouts/core";
import { type Checker, type Entry, type History, overlapMs, type Problem } from "../history.ts";

const checker = "intervals";

interface Tick {
  readonly entry: Entry;
  readonly notice: IntervalNotice;
}

/** Goes through every channel's summaries in their order. */
export const intervals: Checker = (history) => {
  const { summing } = history.terms;
  if (summing === undefined) return [];
  const ticks = new Map<string, Tick[]>();
  for (const entry of history.entries) {
    const notice = entry.interval;
    // Those that only say that history was lost come when that is found.
    if (notice === undefined || notice.hereNowRefresh) continue;
    ticks.set(notice.channel, [...(ticks.get(notice.channel) ?? []), { entry, notice }]);
  }
  return [...ticks.values()].flatMap((own) =>
    own.flatMap((tick, index) => {
      const [after, afterNext] = own.slice(index + 1);
      const messages = [
        ...tooOften(tick, after, afterNext, summing),
        ...notInTime(tick, after, history, summing),
        ...wrongLists(tick, own[index - 1], history, summing),
      ];
      return messages.map((message): Problem => {
        const text = `${tick.entry.timetoken} ${tick.notice.channel} ${tick.entry.what}: ${message}`;
        return { checker, step: tick.entry.step, message: text };
      });
    }),
  );
};

function isLarge({ notice }: Tick, { announceMax }: Summing): boolean {
  return notice.occupancy > announceMax;
}

/** Of three in a row, the last comes in another interval than the first two may share with others. */
function tooOften(
  tick: Tick,
  next: Tick | undefined,
  afterNext: Tick | undefined,
  summing: Summing,
): readonly string[] {
  if (next === undefined) return [];
  if (!isLarge(tick, summing) && next.notice.epoch === tick.notice.epoch) {
    return next.notice.revision > tick.notice.revision ? [] : ["was not the last, though nothing happened"];
  }
  if (afterNext === undefined || !isLarge(next, summing)) return [];
  const ms = afterNext.notice.at - tick.notice.at;
  return ms > summing.everyMs ? [] : [`only ${ms} ms before the next but one`];
}

function notInTime(
  tick: Tick,
  next: Tick | undefined,
  history: History,
  summing: Summing,
): readonly string[] {
  if (!isLarge(tick, summing)) return [];
  const { terms, unable, end } = history;
  const until = next?.entry.at ?? end.at;
  const due = tick.entry.at + summing.everyMs;
  const away = overlapMs(unable, due, until);
  const mayMs = terms.sweepLateMs + 2 * terms.skewMs + (away > 0 ? away + terms.sweepLateMs : 0);
  const late = until - due - mayMs;
  return late > 0 ? [`nothing came after it for ${until - tick.entry.at} ms, ${late} too many`] : [];
}

function wrongLists(
  tick: Tick,
  before: Tick | undefined,
  history: History,
  summing: Summing,
): readonly string[] {
  const { notice } = tick;
  const { sinceRevision, epoch, revision } = notice;
  if (sinceRevision === undefined) return ["does not say since when it counts"];
  const goesOn = before !== undefined && before.notice.epoch === epoch && isLarge(before, summing);
  const problems =
    goesOn && before.notice.revision !== sinceRevision
      ? [`counts from ${sinceRevision}, and the one before to ${before.notice.revision}`]
      : [];
  const isExact = history.attempts === undefined;
  const changes = isExact
    ? history.verbs.flatMap((verb) => verb.changes)
    : history.entries.flatMap(({ change }) => change ?? []);
  const within = changes
    .filter(
      (change) =>
        change.channel === notice.channel &&
        change.epoch === epoch &&
        change.revision > sinceRevision &&
        change.revision <= revision,
    )
    .toSorted((one, other) => one.revision - other.revision);
  if (isExact && within.length !== revision - sinceRevision)
    return [...problems, `stands for ${within.length} changes, and says ${revision - sinceRevision}`];
  return [
    ...problems,
    ...listsOf(notice).flatMap(([kind, users]) => listFaults(kind, users, within, isExact)),
  ];
}

function listsOf({
  joined = [],
  left = [],
  timedOut = [],
}: IntervalNotice): readonly (readonly [Change["kind"], readonly string[]])[] {
  return [
    ["join", joined],
    ["leave", left],
    ["timeout", timedOut],
  ];
}

/** Where not every change is known, those that are must be in the lists. */
function listFaults(
  kind: Change["kind"],
  users: readonly string[],
  changes: readonly Change[],
  isExact: boolean,
): readonly string[] {
  const right = new Set<string>(changes.filter((change) => change.kind === kind).map(({ user }) => user));
  const missing = [...right].filter((user) => !users.includes(user));
  const extra = isExact ? users.filter((user) => !right.has(user)) : [];
  const twice = users.length - new Set(users).size;
  if (missing.length + extra.length + twice === 0) return [];
  return [`of ${kind}: missing [${missing.join(" ")}], too many [${extra.join(" ")}], ${twice} twice`];
}
