/** What a JavaScript client's listener is expected to be told, whole. */
import type PubNub from "pubnub";
import { expect } from "vitest";

/** A timetoken as text. */
export const timetoken: unknown = expect.stringMatching(/^\d{17}$/);

/** What tells a presence event from others. */
export interface Told {
  readonly action: string;
  readonly channel: string;
  /** Summaries have none. */
  readonly uuid: string | undefined;
  readonly occupancy: number;
  readonly state?: PubNub.State;
  /** The group or wildcard it came through. Default none. */
  readonly subscription?: string;
  /** What the server said it matched, when that is not the subscription's presence name. */
  readonly match?: string;
}

/** A presence event with everything the client adds to it, its older names included. */
export function presence({ action, channel, uuid, occupancy, ...rest }: Told): unknown {
  const source = `${channel}-pnpres`;
  const match = rest.match ?? (rest.subscription === undefined ? null : `${rest.subscription}-pnpres`);
  return {
    action,
    channel,
    subscription: rest.subscription ?? null,
    actualChannel: match === null ? null : source,
    subscribedChannel: match ?? source,
    uuid,
    occupancy,
    state: rest.state,
    timestamp: expect.toSatisfy((value: unknown) => Number.isInteger(value)),
    timetoken,
  };
}
