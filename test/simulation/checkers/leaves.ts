/**
 * Nobody is announced as having left without a reason: a leave that was asked for, or a poll that was closed; and nobody
 * who has a poll open that closing another must not take the seat from. Goes by what clients did and nodes answered.
 */
import type { Checker, Entry, History, Problem, Served } from "../history.ts";

const checker = "leaves";

/** How long a poll must have been there until every node has heard of it, or it of what others gave up, in milliseconds. */
const hearingMs = 1_000;
/** The shortest presence timeout that anybody asks for, in milliseconds. */
const timeoutMsMin = 4_000;

/** Looks at each leave. */
export const leaves: Checker = (history) =>
  history.entries.flatMap((entry) => {
    const message = entry.change?.kind === "leave" ? faultOf(entry, history) : undefined;
    if (message === undefined) return [];
    return [
      {
        checker,
        step: entry.step,
        message: `${entry.what} in ${entry.channel}, ${message}`,
      } satisfies Problem,
    ];
  });

function faultOf(entry: Entry, { served, terms }: History): string | undefined {
  const about = served.filter(({ user, channels, at }) => {
    const { change } = entry;
    return user === change?.user && channels.includes(change?.channel ?? "") && at <= entry.at;
  });
  const asked = about.filter(({ kind }) => kind === "leave");
  const isClosed = ({ kind, closedAt, answeredAt = Number.POSITIVE_INFINITY }: Served): boolean =>
    kind === "poll" && closedAt !== undefined && closedAt <= entry.at && closedAt <= answeredAt;
  const mayClose = terms.graceMs !== undefined && about.some(isClosed);
  if (asked.length === 0 && !mayClose) return "though nobody asked for it, and no poll was closed";
  if (!terms.hearsOfCloses) return undefined;
  const open = about.find((poll) => isOpen(poll, entry) && !asked.some((leave) => takesBack(leave, poll)));
  return open && `though ${open.node} held a poll that came at ${open.at}`;
}

/** Whether this poll keeps its user's seat at this entry: it is held, and what its arrival renewed still stands. */
function isOpen(poll: Served, { at }: Entry): boolean {
  const { kind, answeredAt = at + 1, closedAt = at + 1, resetAt = at + 1 } = poll;
  const isHeld = kind === "poll" && Math.min(answeredAt, closedAt, resetAt) > at;
  return isHeld && at >= poll.at + hearingMs && at < poll.at + timeoutMsMin - hearingMs;
}

/** Whether a leave may have taken the lease that a poll renewed, or have kept it from renewing it. */
function takesBack(leave: Served, poll: Served): boolean {
  return leave.device === poll.device && leave.at >= poll.at - timeoutMsMin;
}
