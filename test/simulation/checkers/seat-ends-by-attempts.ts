/**
 * As seat-ends, where only is known between which times a touch or a leave may have been done. When seats are taken and
 * end is known by the log; a touch counts for a seat's earliest end when it was surely done, for its latest when perhaps.
 */
import { type Attempt, type History, overlapMs, type Problem } from "../history.ts";

const checker = "seat-ends";

/** One stay in a seat. */
interface Stay {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** `undefined` while it lasts. */
  readonly end: "leave" | "timeout" | undefined;
}

interface Deeds {
  readonly touches: Attempt[];
  readonly leaves: Attempt[];
}

/** Checks every stay. */
export function endsByAttempts(history: History, attempts: readonly Attempt[]): readonly Problem[] {
  const deeds = deedsByKey(attempts);
  return staysOf(history).flatMap((stay) => {
    if (stay.end === "leave") return [];
    const message = faultOf(stay, deeds.get(stay.key) ?? { touches: [], leaves: [] }, history);
    return message === undefined ? [] : [{ checker, step: stay.step, message: `${stay.key} ${message}` }];
  });
}

function faultOf(stay: Stay, deeds: Deeds, history: History): string | undefined {
  const { terms, unable } = history;
  const { from, to, end } = stay;
  const touches = deeds.touches.filter((touch) => touch.from <= to && touch.to >= from);
  const earliest = earliestEnd(touches, deeds.leaves, { to, history });
  if (end === "timeout" && to < earliest - terms.skewMs) return `ended at ${to}, and had until ${earliest}`;
  const timeoutMs = timeoutOf(deeds.touches, "longest", history);
  const latest = Math.max(from, ...touches.map((touch) => Math.max(touch.now, touch.from) + timeoutMs));
  // Seats are given the time of an outage, which may have begun before their last renewal.
  const awayMs = overlapMs(unable, latest - timeoutMs, to);
  const lateMs = terms.sweepLateMs + terms.skewMs + (awayMs > 0 ? awayMs + terms.sweepLateMs : 0);
  if (to <= latest + lateMs) return undefined;
  if (end === undefined) return `should have ended at ${latest}, and has not at ${to}`;
  return `ended at ${to}, ${to - latest - lateMs} ms too late`;
}

/** The latest end of any device's lease, each at its earliest. */
function earliestEnd(
  touches: readonly Attempt[],
  leaves: readonly Attempt[],
  { to, history }: { readonly to: number; readonly history: History },
): number {
  const timeoutMs = timeoutOf(touches, "shortest", history);
  const devices = new Set(touches.map(({ touch }) => touch?.device));
  const ends = [...devices].map((device) => {
    const own = touches.filter(({ touch }) => touch?.device === device);
    const last = own.findLast((touch) => touch.isCertain && touch.to < to);
    if (last === undefined) return 0;
    const isLeft = leaves.some(
      ({ leave, ...attempt }) => leave?.device === device && attempt.from <= to && attempt.to >= last.from,
    );
    if (isLeft) return 0;
    // Each of those that may have been done after it may be the one that counts.
    const others = own.filter((touch) => touch.to >= last.from);
    return Math.min(...others.map((touch) => Math.min(touch.now, touch.from))) + timeoutMs;
  });
  return Math.max(0, ...ends);
}

function timeoutOf(touches: readonly Attempt[], which: "longest" | "shortest", { terms }: History): number {
  const all = touches.map(({ touch }) => (touch?.timeoutSeconds ?? terms.defaultTimeoutMs / 1_000) * 1_000);
  return which === "longest" ? Math.max(0, ...all) : Math.min(...all);
}

function staysOf({ entries, end }: History): readonly Stay[] {
  const open = new Map<string, { readonly at: number; readonly step: number }>();
  const stays: Stay[] = [];
  for (const { change, at, step } of entries) {
    if (change === undefined || change.kind === "state-change") continue;
    const key = keyOf(change.channel, change.user);
    if (change.kind === "join") {
      open.set(key, { at, step });
      continue;
    }
    const begun = open.get(key);
    if (begun !== undefined) stays.push({ key, from: begun.at, to: at, step, end: change.kind });
    open.delete(key);
  }
  const lasting = [...open].map(([key, { at }]): Stay => {
    return { key, from: at, to: end.at, step: end.step, end: undefined };
  });
  return [...stays, ...lasting];
}

function deedsByKey(attempts: readonly Attempt[]): ReadonlyMap<string, Deeds> {
  const deeds = new Map<string, Deeds>();
  for (const attempt of attempts) {
    const request = attempt.touch ?? attempt.leave;
    for (const channel of request?.channels ?? []) {
      const key = keyOf(channel, request?.user ?? "");
      const own = deeds.get(key) ?? { touches: [], leaves: [] };
      deeds.set(key, own);
      (attempt.touch === undefined ? own.leaves : own.touches).push(attempt);
    }
  }
  return deeds;
}

function keyOf(channel: string, user: string): string {
  return `${user} in ${channel}`;
}
