/** Heartbeat and leave: keeping seats and giving them up. */
import type { States } from "../machine/presence.ts";
import { namesOf, type TargetSet } from "../machine/targets.ts";
import type { Settings } from "../options.ts";
import type { Question } from "./ask.ts";
import { presencePath } from "./context.ts";
import { recordOf } from "./reply.ts";

/** What a heartbeat asks. */
export function heartbeatQuestion(settings: Settings<unknown>, seats: TargetSet, states: States): Question {
  const { path, query } = seatQuestion(settings, seats, "heartbeat");
  return { path, query: { ...query, heartbeat: settings.presenceTimeoutSeconds, state: statesText(states) } };
}

/** What a heartbeat or a leave asks, but for what only one of them says. */
export function seatQuestion(
  settings: Settings<unknown>,
  seats: TargetSet,
  verb: "heartbeat" | "leave",
): Question {
  const { channels, groups } = namesOf(seats);
  return { path: presencePath(settings, "channel", channels, verb), query: { "channel-group": groups } };
}

/** States by channel or group as a parameter; empty when there are none. */
export function statesText(states: States): string {
  const entries = [...states].map(([target, state]) => [target.slice(1), state] as const);
  return entries.length === 0 ? "" : JSON.stringify(recordOf(entries));
}
