/** Timetokens rise strictly, in the log and in what each subscriber is told. */
import type { Checker, Moment, Problem, Told } from "../history.ts";

const checker = "timetokens";

/** Checks the log channel by channel, and every subscriber's story. */
export const timetokens: Checker = ({ entries, subscribers, end }) => {
  const inLog = falling(entries, "the log", (entry) => entry);
  const told = subscribers.flatMap(({ name, got }) => falling(got, name, () => end));
  return [...inLog, ...told];
};

function falling<Item extends Told>(
  items: readonly Item[],
  whose: string,
  momentOf: (item: Item) => Moment,
): readonly Problem[] {
  const last = new Map<string, bigint>();
  return items.flatMap((item) => {
    const timetoken = BigInt(item.timetoken);
    const before = last.get(item.channel);
    last.set(item.channel, timetoken);
    if (before === undefined || timetoken > before) return [];
    const message = `${whose} has ${item.timetoken} after ${before} in ${item.channel}`;
    return [{ checker, step: momentOf(item).step, message }];
  });
}
