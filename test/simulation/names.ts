/** Who and what there is in every world. */
import { announceMaxMax, defaultPolicy, type Keyset } from "@hereabouts/core";
import { type Channel, type PublishKey, presenceChannel, type SubscribeKey } from "@hereabouts/protocol";
import { testKeys } from "@hereabouts/testkit";
import { defaultTimeoutSeconds, type Plan } from "./plan.ts";

/** The tenant of every world. Everything is told change by change, unless its plan has it otherwise. */
export const keyset: Keyset = {
  subscribeKey: testKeys.subscribe as SubscribeKey,
  publishKey: testKeys.publish as PublishKey,
  policy: { ...defaultPolicy, presenceTimeoutSeconds: defaultTimeoutSeconds, announceMax: announceMaxMax },
};

/** The tenant as it is in the world of a plan. */
export function keysetOf({
  disconnectGraceSeconds,
  summing,
}: Pick<Plan, "disconnectGraceSeconds" | "summing">): Keyset {
  const closing =
    disconnectGraceSeconds === undefined ? {} : { leaveOnDisconnect: true, disconnectGraceSeconds };
  const summed = summing === undefined ? {} : { ...summing, presenceDeltas: true };
  return { ...keyset, policy: { ...keyset.policy, ...closing, ...summed } };
}

/** Every channel, the wildcard that users sit in included. */
export const channels: readonly Channel[] = [
  "a",
  "b",
  "c",
  "x.1",
  "x.2",
  "x.*",
] as readonly string[] as readonly Channel[];

/** Every channel with its presence channel. */
export const topics: readonly Channel[] = channels.flatMap((channel) => [channel, presenceChannel(channel)]);

/** Channels that users come to by their names. */
export const rooms: readonly string[] = ["a", "b", "c", "x.1", "x.2"];

/** The group of every world, and its members: never changed after the beginning. */
export const group = { name: "g", members: ["b", "c"] } as const;

/** The presence timeout of a user, in seconds: the same from all its clients, so that none shortens another's. */
export function timeoutSecondsOf(user: string): number {
  let sum = 0;
  for (const character of user) sum = (sum * 31 + character.charCodeAt(0)) % 1_009;
  return 4 + (sum % 4);
}
