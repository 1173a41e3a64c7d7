/** Heartbeat and leave: keeping seats and giving them up. */

import type { States } from "../machine/presence.ts";
import { namesOf, type TargetSet } from "../machine/targets.ts";
import type { Call } from "./call.ts";
import { channelsPath, groupList } from "./presence-path.ts";
import { field, malformed, recordOf } from "./reply.ts";

/** What a heartbeat says. */
export interface Beat {
  readonly seats: TargetSet;
  readonly states: States;
  readonly presenceTimeoutSeconds: number;
}

/** Renews seats, or takes them. */
export function heartbeatCall(
  subscribeKey: string,
  { seats, states, presenceTimeoutSeconds }: Beat,
): Call<void> {
  const names = namesOf(seats);
  return {
    path: `${channelsPath(subscribeKey, names)}/heartbeat`,
    query: {
      "channel-group": groupList(names),
      heartbeat: presenceTimeoutSeconds,
      state: statesText(states),
    },
    read: readOk,
  };
}

/** How long a leave may take, in milliseconds: others wait for it. */
const leaveTimeoutMs = 5_000;

/** Gives seats up. */
export function leaveCall(subscribeKey: string, seats: TargetSet): Call<void> {
  const names = namesOf(seats);
  return {
    path: `${channelsPath(subscribeKey, names)}/leave`,
    query: { "channel-group": groupList(names) },
    timeoutMs: leaveTimeoutMs,
    read: readOk,
  };
}

/** States by channel or group as a parameter; `undefined` when there are none. */
export function statesText(states: States): string | undefined {
  if (states.size === 0) return undefined;
  return JSON.stringify(recordOf([...states].map(([target, state]) => [target.slice(1), state])));
}

function readOk(json: unknown): void {
  if (field(json, "status") !== 200) malformed("status");
}
