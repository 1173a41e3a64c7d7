/** Nobody is announced as gone who kept heartbeating with success. Goes by what nodes answered, not by what the engine did. */
import type { Checker, Entry, History, Problem, Served } from "../history.ts";

const checker = "false-gone";

/** Looks for each timeout whether a success was too near before it. */
export const falseGone: Checker = (history) => {
  const successes = history.served.filter(
    ({ kind, status, user }) =>
      (kind === "heartbeat" || kind === "handshake") && status === 200 && user !== undefined,
  );
  return history.entries.flatMap((entry) => {
    if (entry.change?.kind !== "timeout") return [];
    const last = successes.findLast((success) => holds(success, entry, history));
    if (last === undefined) return [];
    const message = `${entry.what} in ${entry.channel}, though ${last.node} answered a ${last.kind} sent at ${last.sentAt}`;
    return [{ checker, step: entry.step, message } satisfies Problem];
  });
};

/** Whether after this success its user could not be gone at this entry. */
function holds(success: Served, entry: Entry, history: History): boolean {
  const { change, at } = entry;
  if (change === undefined || success.user !== change.user || !success.channels.includes(change.channel))
    return false;
  // One answered in the same moment may have found the seat overdue: it ended then, and was taken anew.
  if (success.answeredAt === undefined || success.answeredAt >= at) return false;
  const { terms, verbs, attempts = [] } = history;
  const timeoutMs = success.timeoutMs ?? terms.defaultTimeoutMs;
  if (at >= success.sentAt + timeoutMs - 2 * terms.skewMs - success.lagMs) return false;
  // A leave of the same device takes back what its heartbeat gave.
  const leaves = [...verbs.map((verb) => ({ from: verb.at, to: verb.at, leave: verb.leave })), ...attempts];
  return !leaves.some(
    ({ leave, from, to }) =>
      leave !== undefined &&
      leave.user === change.user &&
      leave.device === success.device &&
      leave.channels.includes(change.channel) &&
      to >= success.sentAt &&
      from <= at,
  );
}
