/** The store beside the ledger, which is its specification, under random verbs: heartbeats and polls as well as handshakes. */
import {
  type Change,
  type LeaveRequest,
  Ledger,
  type SeatRequest,
  type StateRequest,
} from "@hereabouts/core";
import type { Channel, DeviceId, State, SubscribeKey, UserId } from "@hereabouts/protocol";
import { useRedis } from "@hereabouts/testkit/redis";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStore, freshPrefix, openPort, type TestStore } from "./support/stores.ts";

const keyset = "sub-key" as SubscribeKey;
const start = 1_750_000_000_000;
const redis = useRedis();

const user = fc.constantFrom("u", "v", "w") as fc.Arbitrary<UserId>;
const channel = fc.constantFrom("a", "b", "c", "x.*") as fc.Arbitrary<Channel>;
const channels = fc.uniqueArray(channel, { minLength: 1, maxLength: 4 });
const device = fc.constantFrom(undefined, undefined, "phone", "laptop") as fc.Arbitrary<DeviceId | undefined>;
const state = fc.constantFrom('{"k":1}', '{"k":2}', "{}") as fc.Arbitrary<State>;

/** What is done to both, each from one store of several. */
type Step =
  | { readonly kind: "touch"; readonly request: SeatRequest }
  | { readonly kind: "leave"; readonly request: LeaveRequest }
  | { readonly kind: "state"; readonly request: StateRequest }
  | { readonly kind: "sweep"; readonly limit: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "look"; readonly user: UserId; readonly channel: Channel };

const touch: fc.Arbitrary<Step> = fc
  .record({
    user,
    device,
    channels,
    timeoutSeconds: fc.constantFrom(undefined, undefined, 1, 2, 5, 60),
    defaultTimeoutSeconds: fc.constantFrom(3, 300),
    states: fc.option(fc.dictionary(channel, state, { maxKeys: 2 }), { nil: undefined, freq: 2 }),
    intent: fc.constantFrom("deliberate" as const, "implied" as const),
    asksForOwnJoins: fc.constantFrom(false, false, true),
  })
  .map(({ states, ...request }) => ({
    kind: "touch",
    request: { ...request, states: states && new Map(Object.entries(states) as [Channel, State][]) },
  }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: touch },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("leave" as const),
      request: fc.record({
        user,
        device,
        channels,
        debounceMs: fc.constantFrom(0, 500, 2_000),
        graceMs: fc.constantFrom(0, 0, 700, 3_000),
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("state" as const),
      request: fc.record({ user, channels, state, keepMs: fc.constantFrom(0, 1_000, 300_000) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("sweep" as const), limit: fc.constantFrom(1, 2, 2_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 1, 400, 999, 1_000, 2_000, 3_001, 60_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("look" as const), user, channel }) },
);

describe("the presence store and the ledger", () => {
  test.each([
    ["one node", 1, 24],
    ["one node and one partition", 1, 1],
    ["three nodes that take turns", 3, 4],
  ])("cannot be told apart, with %s", { timeout: 120_000 }, async (_, nodes, partitions) => {
    const port = await openPort(redis().url);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), async (steps) => {
        const prefix = freshPrefix();
        const stores = Array.from({ length: nodes }, () =>
          createStore({ port, prefix, now: start, partitions }),
        );
        const pair = new Pair(stores);
        for (const each of steps) await pair.run(each);
      }),
      { seed: 20_261_124, numRuns: 40 },
    );
  });
});

/** A ledger and stores, to which the same is done. */
class Pair {
  readonly #ledger = new Ledger({ epoch: "ledger" });
  readonly #stores: readonly TestStore[];
  #turn = 0;
  #now = start;

  constructor(stores: readonly TestStore[]) {
    this.#stores = stores;
  }

  async run(each: Step): Promise<void> {
    const { presence } = this.#next();
    const now = this.#now;
    if (each.kind === "pass") this.#now += each.ms;
    else if (each.kind === "touch") await this.#touch(each.request);
    else if (each.kind === "leave") {
      const changes = await presence.leave(keyset, each.request, now);
      expect(comparable(changes)).toEqual(comparable(this.#ledger.leave(each.request, now)));
    } else if (each.kind === "state") {
      const changes = await presence.setState(keyset, each.request, now);
      expect(comparable(changes)).toEqual(comparable(this.#ledger.setState(each.request, now)));
    } else if (each.kind === "sweep") await this.#sweep(each.limit);
    else await this.#look(each.user, each.channel);
  }

  async #touch(request: SeatRequest): Promise<void> {
    const seen = await this.#next().presence.touch(keyset, request, this.#now);
    const { changes, recentJoins, ...foretold } = this.#ledger.touch(request, this.#now);
    const { changes: seenChanges, beforeOwnJoins, ...rest } = seen;
    expect(comparable(seenChanges)).toEqual(comparable(changes));
    expect([rest, beforeOwnJoins !== undefined]).toEqual([foretold, recentJoins.length > 0]);
  }

  // A node need not have heard of what others did a moment ago, only of what they did two seconds ago.
  async #sweep(limit: number): Promise<void> {
    if (this.#stores.length > 1) this.#now += 2_000;
    await this.#sweepAll(limit);
  }

  // Which of several that are due at once comes first is the engine's choice, so the ledger has to end them all.
  async #sweepAll(limit: number): Promise<void> {
    const seen = await this.#next().presence.sweep(keyset, this.#now, limit);
    const all = this.#ledger.sweep(this.#now, 2_000);
    const others = await this.#next().presence.sweep(keyset, this.#now, 2_000);
    expect(seen.length).toBe(Math.min(limit, all.length));
    const ended = [...seen, ...others];
    expect(ended.map((change) => change.at)).toEqual(all.map((change) => change.at));
    expect(ended.map(placeOf).sort()).toEqual(all.map(placeOf).sort());
  }

  async #look(user: UserId, channel: Channel): Promise<void> {
    const { presence } = this.#next();
    const now = this.#now;
    const page = { offset: 0, limit: 100, unless: undefined };
    const { occupants, occupancy } = await presence.channel(keyset, channel, page, now);
    const foretold = this.#ledger.channel(channel, page, now);
    expect({ occupants, occupancy }).toEqual({
      occupants: foretold.occupants,
      occupancy: foretold.occupancy,
    });
    expect([...(await presence.user(keyset, user, now))].sort()).toEqual(
      [...this.#ledger.user(user, now)].sort(),
    );
    expect(await presence.states(keyset, user, [channel], now)).toEqual(
      this.#ledger.states(user, [channel], now),
    );
    const { totalChannels, totalOccupancy } = await presence.occupied(keyset, 10, now);
    expect({ totalChannels, totalOccupancy }).toEqual({
      totalChannels: this.#ledger.occupied(10, now).totalChannels,
      totalOccupancy: this.#ledger.occupied(10, now).totalOccupancy,
    });
  }

  #next(): TestStore {
    this.#turn += 1;
    const store = this.#stores[this.#turn % this.#stores.length];
    if (store === undefined) throw new Error("there are stores");
    return store;
  }
}

function comparable(changes: readonly Change[]): unknown[] {
  return changes.map(({ epoch, revision, ...rest }) => rest);
}

function placeOf({ user, channel, at }: Change): string {
  return `${at} ${user} ${channel}`;
}
