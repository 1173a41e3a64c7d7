/** Set state and get state. */
import type { JsonObject } from "../api.ts";
import type { TargetNames } from "../machine/targets.ts";
import type { Call } from "./call.ts";
import { channelsPath, groupList } from "./presence-path.ts";
import { entriesField, field, malformed } from "./reply.ts";

/** Whose state it is, and where. */
export interface StatePlace {
  readonly subscribeKey: string;
  readonly userId: string;
  readonly names: TargetNames;
}

/** Replaces a state; the result is what was set. */
export function setStateCall(place: StatePlace, state: JsonObject): Call<unknown> {
  return {
    path: `${statePath(place)}/data`,
    query: { "channel-group": groupList(place.names), state: JSON.stringify(state) },
    read: (json) => field(json, "payload") ?? malformed("payload"),
  };
}

/** Asks for states by channel, whichever form the answer has. */
export function getStateCall(place: StatePlace): Call<readonly (readonly [string, unknown])[]> {
  const { channels, groups } = place.names;
  const [only] = channels;
  const isSingle = channels.length === 1 && groups.length === 0 && only !== undefined;
  return {
    path: statePath(place),
    query: { "channel-group": groupList(place.names) },
    read: (json) =>
      isSingle
        ? [[only, field(json, "payload") ?? malformed("payload")]]
        : entriesField(field(json, "payload"), "channels"),
  };
}

function statePath({ subscribeKey, userId, names }: StatePlace): string {
  return `${channelsPath(subscribeKey, names)}/uuid/${encodeURIComponent(userId)}`;
}
