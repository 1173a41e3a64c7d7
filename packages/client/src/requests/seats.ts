/** Heartbeat and leave: keeping seats and giving them up. */
import type { States } from "../machine/presence.ts";
import { namesOf, type TargetSet } from "../machine/targets.ts";
import type { Settings } from "../options.ts";
import type { Question } from "./ask.ts";
import { presencePath } from "./context.ts";

/** What a heartbeat asks. */
export function heartbeatQuestion(settings: Settings<unknown>, seats: TargetSet, states: States): Question {
  const query = { heartbeat: settings.presenceTimeoutSeconds, state: statesText(states) };
  return seatQuestion(settings, seats, "heartbeat", query);
}

/** What a heartbeat or a leave asks; `query` is what only one of them says. */
export function seatQuestion(
  settings: Settings<unknown>,
  seats: TargetSet,
  verb: "heartbeat" | "leave",
  query: Question["query"] = {},
): Question {
  const { channels, groups } = namesOf(seats);
  return {
    path: presencePath(settings, "channel", channels, verb),
    query: { "channel-group": groups, ...query },
  };
}

/** States by channel or group as a parameter; empty when there are none. */
export function statesText(states: States): string {
  if (states.size === 0) return "";
  return JSON.stringify(Object.fromEntries([...states].map(([target, state]) => [target.slice(1), state])));
}
