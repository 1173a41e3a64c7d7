/**
 * A subscriber that keeps polling is told everything in its topics exactly once and in order, whichever nodes it asks;
 * and at quiet moments it has been told everything already, though its poll may be held for longer.
 */
import { logEntriesPerChannelMax } from "@hereabouts/core";
import type { Checker, Entry, Problem, SubscriberRecord, Told } from "../history.ts";

const checker = "delivery";

/** Longer than a subscriber of these worlds is ever without an answer, in milliseconds. */
const deafMsMax = 25_000;

/** Compares what each subscriber was told with the log, at the end and at quiet moments. */
export const delivery: Checker = (history) => [...wrong(history), ...late(history)];

const wrong: Checker = ({ entries, subscribers, end }) =>
  subscribers.flatMap((subscriber) => {
    const problem = compare(subscriber, expected(subscriber, entries), entries);
    if (problem === undefined) return [];
    const step = entries.find(({ timetoken }) => timetoken === problem.timetoken)?.step ?? end.step;
    return [{ checker, step, message: `${subscriber.name} ${problem.what}` } satisfies Problem];
  });

const late: Checker = ({ entries, subscribers, quiets }) =>
  quiets.flatMap(({ step, at, entries: count, told }) =>
    subscribers.flatMap((subscriber) => {
      const last = expected(subscriber, entries.slice(0, count)).at(-1);
      const said = told.get(subscriber.name);
      if (subscriber.since >= at || last === undefined || BigInt(said ?? 0) >= BigInt(last.timetoken))
        return [];
      const message = `${subscriber.name} has still to be told of ${textOf(last)}`;
      return [{ checker, step, message } satisfies Problem];
    }),
  );

function expected(
  { topics, from, since, to, got }: SubscriberRecord,
  entries: readonly Entry[],
): readonly Entry[] {
  const first = got[0]?.timetoken;
  return entries.filter(({ channel, timetoken, at }) => {
    if (!topics.some((topic) => matches(topic, channel))) return false;
    if (to !== undefined && BigInt(timetoken) > BigInt(to)) return false;
    // What has happened since its first answer, it must be told, whatever cursor that gave.
    if (at > since) return true;
    // Where no cursor is known, it may have been told of a little before it, and then without a gap.
    const begin = from === undefined ? BigInt(first ?? timetoken) - 1n : BigInt(from);
    return BigInt(timetoken) > begin && (from !== undefined || first !== undefined);
  });
}

function matches(topic: string, channel: string): boolean {
  if (topic === channel) return true;
  const isPresence = channel.endsWith("-pnpres");
  if (isPresence !== topic.endsWith("-pnpres")) return false;
  const pattern = topic.replace(/-pnpres$/, "");
  return pattern.endsWith(".*") && channel.startsWith(pattern.slice(0, -1));
}

/** The first thing that is wrong in what a subscriber was told; `right` is what it should have been. */
function compare(
  { got: all, to, topics }: SubscriberRecord,
  right: readonly Entry[],
  entries: readonly Entry[],
): Told | undefined {
  const got = to === undefined ? all : all.filter(({ timetoken }) => BigInt(timetoken) <= BigInt(to));
  let index = 0;
  for (const should of right) {
    const is = got[index];
    if (textOf(is) === textOf(should)) index += 1;
    else if (!isDisplaced(should, topics, entries)) return wrongAt(index, is, should);
  }
  return got.length === index ? undefined : wrongAt(index, got[index], undefined);
}

function wrongAt(index: number, is: Told | undefined, should: Told | undefined): Told {
  const what = `was told as number ${index}: ${textOf(is)}, instead of ${textOf(should)}`;
  return { timetoken: (should ?? is)?.timetoken ?? "", channel: "", what };
}

/**
 * Whether so much came after an entry, before its subscriber can be expected to have asked, that the log has let it go
 * in every topic by which it is subscribed to: the log keeps no more, and says so.
 */
function isDisplaced(entry: Entry, topics: readonly string[], entries: readonly Entry[]): boolean {
  const begin = entries.indexOf(entry);
  const later = entries.slice(begin + 1).filter(({ at }) => at <= entry.at + deafMsMax);
  return topics
    .filter((topic) => matches(topic, entry.channel))
    .every(
      (topic) => later.filter(({ channel }) => matches(topic, channel)).length >= logEntriesPerChannelMax,
    );
}

function textOf(told: Told | undefined): string {
  return told === undefined ? "nothing" : `${told.timetoken} ${told.channel} ${told.what}`;
}
