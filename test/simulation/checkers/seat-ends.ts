/**
 * Every seat ends within its timeout and one sweep of the last renewal that reached the engine, and never before its
 * time. Time in which no node could reach the engine is added, and what clocks may differ by.
 */
import type { Change } from "@hereabouts/core";
import { type Checker, type History, overlapMs, type Problem, type Terms, type Verb } from "../history.ts";
import { endsByAttempts } from "./seat-ends-by-attempts.ts";

const checker = "seat-ends";

interface Seat {
  timeoutMs: number;
  /** By device. */
  readonly leases: Map<string | undefined, Lease>;
}

interface Lease {
  /** When it may end at the earliest, and when it has to end at the latest. */
  readonly earliest: number;
  readonly latest: number;
  /** Whether it was given up, and ends by its grace: with clocks that differ it may not be known. */
  readonly isInGrace: "no" | "perhaps" | "yes";
}

/** Follows every seat from its join to its end. */
export const seatEnds: Checker = (history) => {
  if (history.attempts === undefined) return endsByVerbs(history);
  // Where channels are summed up the log does not have every end.
  return history.terms.summing === undefined ? endsByAttempts(history, history.attempts) : [];
};

const endsByVerbs: Checker = (history) => {
  const seats = new Map<string, Seat>();
  const problems: Problem[] = [];
  for (const verb of history.verbs) {
    // A seat that is overdue ends first, whatever the verb would do with it.
    for (const change of verb.changes) problems.push(...follow(seats, change, verb, history));
    renew(seats, verb);
    giveUp(seats, verb, history.terms);
  }
  const { at, step } = history.end;
  for (const [key, seat] of seats) {
    const { latest } = boundsOf(seat);
    if (at <= latest + lateMs(history, latest, at)) continue;
    problems.push({ checker, step, message: `${key} should have ended at ${latest}, and has not at ${at}` });
  }
  return problems;
};

function giveUp(seats: Map<string, Seat>, { leave, at, now }: Verb, { skewMs }: Terms): void {
  for (const channel of leave?.channels ?? []) {
    const leases = seats.get(keyOf(channel, leave?.user ?? ""))?.leases;
    const lease = leases?.get(leave?.device);
    if (leases === undefined || lease === undefined) continue;
    const { graceMs = 0 } = leave ?? {};
    if (graceMs === 0) leases.delete(leave?.device);
    else {
      const span = { earliest: Math.min(now, at) + graceMs, latest: Math.max(now, at) + graceMs };
      leases.set(leave?.device, inGrace(lease, span, skewMs));
    }
  }
}

/**
 * A lease that was given up and ends in a span of time, or in its own time if that comes first. Both may be later by the
 * skew: the engine's time is that of the node whose clock is ahead.
 */
function inGrace(lease: Lease, { earliest, latest }: Omit<Lease, "isInGrace">, skewMs: number): Lease {
  if (lease.latest + skewMs <= earliest) return lease;
  const isSure = lease.earliest > latest + skewMs || lease.isInGrace === "yes";
  return {
    earliest: Math.min(lease.earliest, earliest),
    latest: Math.min(lease.latest, latest),
    isInGrace: isSure ? "yes" : "perhaps",
  };
}

function follow(
  seats: Map<string, Seat>,
  { kind, channel, user }: Change,
  { at, step, leave }: Verb,
  history: History,
): readonly Problem[] {
  const key = keyOf(channel, user);
  if (kind === "join") {
    seats.set(key, { timeoutMs: history.terms.defaultTimeoutMs, leases: new Map() });
    return [];
  }
  const seat = seats.get(key);
  if (kind === "state-change" || seat === undefined) return [];
  seats.delete(key);
  const isAsked = leave?.user === user && leave.channels.includes(channel) && !leave.graceMs;
  if (kind === "leave" && isAsked) return [];
  const graces = new Set([...seat.leases.values()].map(({ isInGrace }) => isInGrace));
  if (kind === "leave" && !graces.has("yes") && !graces.has("perhaps"))
    return [{ checker, step, message: `${key} left at ${at}, and was not given up` }];
  if (kind === "timeout" && graces.size === 1 && graces.has("yes"))
    return [{ checker, step, message: `${key} timed out at ${at}, and was given up` }];
  const { earliest, latest } = boundsOf(seat);
  if (at < earliest - history.terms.skewMs)
    return [{ checker, step, message: `${key} ended at ${at}, and had until ${earliest}` }];
  const late = at - latest - lateMs(history, latest, at);
  if (late <= 0) return [];
  return [{ checker, step, message: `${key} ended at ${at}, ${late} ms too late` }];
}

function renew(seats: Map<string, Seat>, { touch, at, now }: Verb): void {
  if (touch === undefined) return;
  for (const channel of touch.channels) {
    // Who has no seat now was refused one.
    const seat = seats.get(keyOf(channel, touch.user));
    if (seat === undefined) continue;
    if (touch.timeoutSeconds !== undefined) seat.timeoutMs = touch.timeoutSeconds * 1_000;
    // The engine goes by the node's clock, which may be behind, and never back behind others'.
    seat.leases.set(touch.device, {
      earliest: Math.min(now, at) + seat.timeoutMs,
      latest: Math.max(now, at) + seat.timeoutMs,
      isInGrace: "no",
    });
  }
}

function boundsOf({ leases }: Seat): { readonly earliest: number; readonly latest: number } {
  const all = [...leases.values()];
  return {
    earliest: Math.max(0, ...all.map(({ earliest }) => earliest)),
    latest: Math.max(0, ...all.map(({ latest }) => latest)),
  };
}

function lateMs({ terms, unable }: History, from: number, to: number): number {
  const away = overlapMs(unable, from, to);
  // Whoever is back sweeps with its next round.
  return terms.sweepLateMs + terms.skewMs + (away > 0 ? away + terms.sweepLateMs : 0);
}

function keyOf(channel: string, user: string): string {
  return `${user} in ${channel}`;
}
