/** No request is left unanswered, by nodes in time, and with nothing that a good client must not see. */
import { type Checker, overlapMs, type Problem } from "../history.ts";

const checker = "answers";
const expected: readonly number[] = [200, 503];

/** Checks requests as clients see them, as nodes see them, and what nodes complain of. */
export const answers: Checker = ({ requests, served, frozen, complaints, terms, end }) => {
  const open = requests
    .filter(({ settledAt }) => settledAt === undefined)
    .map(({ client, kind, at, step }) => ({ step, message: `${client}'s ${kind} of ${at} came to nothing` }));
  const unanswered = served.flatMap(({ node, kind, at, step, answeredAt, resetAt, status }) => {
    const until = answeredAt ?? resetAt ?? end.at;
    const waitedMs = until - at - overlapMs(frozen.get(node) ?? [], at, until);
    const mayMs = terms.answerMs + (kind === "poll" ? terms.holdMs : 0);
    const what = `${node} ${answeredAt === undefined ? "left" : "answered"} a ${kind} of ${at}`;
    const isDone = answeredAt !== undefined || resetAt !== undefined;
    if (!isDone || waitedMs > mayMs) return [{ step, message: `${what} ${waitedMs} ms, and may ${mayMs}` }];
    if (answeredAt === undefined) return [];
    return expected.includes(status ?? 0) ? [] : [{ step, message: `${what} with ${status}` }];
  });
  const said = complaints.map(({ step, text }) => ({ step, message: text }));
  return [...open, ...unanswered, ...said].map((problem): Problem => ({ checker, ...problem }));
};
