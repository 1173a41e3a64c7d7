/** What users' code must and must not compile. Checked by the compiler, never run. */
import type { Client, PresenceEvent, RosterSnapshot } from "@hereabouts/client";
import { createHooks, type HereaboutsProviderProps, useRoster as useAnyRoster } from "../src/index.ts";

interface Mood {
  readonly mood: "glad" | "sad";
}

const { useClient, useOccupancy, useOwnState, usePresenceEvents, useRoster } = createHooks<{ state: Mood }>();

/** Compiles only where both types are the same. */
function same<Type>(
  _value: Type,
): <Other>(proof: [Type] extends [Other] ? ([Other] extends [Type] ? true : never) : never) => void {
  return () => {};
}

export function Page(): null {
  same(useRoster("lobby"))<RosterSnapshot<Mood>>(true);
  same(useRoster("lobby", ({ occupants }) => [...occupants.values()].map(({ state }) => state?.mood)))<
    ("glad" | "sad" | undefined)[]
  >(true);
  same(useOccupancy("lobby"))<number>(true);
  same(useAnyRoster("lobby", ({ occupancy }) => occupancy))<number>(true);
  same(useClient()())<Client<{ state: Mood }>>(true);

  const [own, setOwn] = useOwnState("lobby");
  same(own)<Mood | undefined>(true);
  void setOwn({ mood: "glad" });
  void setOwn((before) => before ?? { mood: "sad" });
  // @ts-expect-error: not a mood
  void setOwn({ mood: "hungry" });
  // @ts-expect-error: a state replaces the whole one
  void setOwn({});
  // @ts-expect-error: what an updater makes has to fit, too
  void setOwn(() => ({ mood: "hungry" }));

  usePresenceEvents("lobby", (event) => {
    same(event)<PresenceEvent<Mood>>(true);
  });
  // @ts-expect-error: there is no such option
  useRoster("lobby", ({ occupancy }) => occupancy, { equal: Object.is });
  // @ts-expect-error: a channel has a name
  useRoster(1);
  return null;
}

declare const client: Client<{ state: Mood }>;
const options = { origin: "http://127.0.0.1:7400", subscribeKey: "demo", userId: "ada" };

export const good: readonly HereaboutsProviderProps<{ state: Mood }>[] = [{ client }, { options }];

// @ts-expect-error: either a client or what to make one of
export const both: HereaboutsProviderProps<{ state: Mood }> = { client, options };

// @ts-expect-error: neither
export const neither: HereaboutsProviderProps<{ state: Mood }> = {};
