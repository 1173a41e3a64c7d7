/**
 * Every seat ends within its timeout and one sweep of the last renewal that reached the engine, and never before its
 * time. Time in which no node could reach the engine is added, and what clocks may differ by.
 */
import type { Change } from "@hereabouts/core";
import { type Checker, type History, overlapMs, type Problem, type Verb } from "../history.ts";
import { endsByAttempts } from "./seat-ends-by-attempts.ts";

const checker = "seat-ends";

interface Seat {
  timeoutMs: number;
  /** By device: when its lease may end at the earliest, and when it has to end at the latest. */
  readonly leases: Map<string | undefined, { readonly earliest: number; readonly latest: number }>;
}

/** Follows every seat from its join to its end. */
export const seatEnds: Checker = (history) =>
  history.attempts === undefined ? endsByVerbs(history) : endsByAttempts(history, history.attempts);

const endsByVerbs: Checker = (history) => {
  const seats = new Map<string, Seat>();
  const problems: Problem[] = [];
  for (const verb of history.verbs) {
    // A seat that is overdue ends first, whatever the verb would do with it.
    for (const change of verb.changes) problems.push(...follow(seats, change, verb, history));
    renew(seats, verb);
    for (const { user, channels, device } of verb.leave === undefined ? [] : [verb.leave]) {
      for (const channel of channels) seats.get(keyOf(channel, user))?.leases.delete(device);
    }
  }
  const { at, step } = history.end;
  for (const [key, seat] of seats) {
    const { latest } = boundsOf(seat);
    if (at <= latest + lateMs(history, latest, at)) continue;
    problems.push({ checker, step, message: `${key} should have ended at ${latest}, and has not at ${at}` });
  }
  return problems;
};

function follow(
  seats: Map<string, Seat>,
  { kind, channel, user }: Change,
  { at, step }: Verb,
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
  if (kind === "leave") return [];
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
