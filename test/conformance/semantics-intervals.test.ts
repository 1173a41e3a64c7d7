/** Semantics conformance: large channels are summed up (semantics §§ 8 and 9). */
import type { Policy } from "@hereabouts/core";
import { type Noted, type Observer, observePresence, type TestClient } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { eventsThenQuiet, nextItem, overEachTransport } from "./support.ts";

const policy: Partial<Policy> = { announceMax: 2, intervalSeconds: 10 };
const withDeltas: Partial<Policy> = { ...policy, presenceDeltas: true };

function event(action: string, user: string | undefined, occupancy: number): Noted {
  return { action, channel: "ch", user, occupancy };
}

async function seat(client: TestClient, ...users: readonly string[]): Promise<void> {
  for (const user of users) await client.heartbeat(user, "ch", { query: { heartbeat: 300 } });
}

/** The payload of the next event, which must be an interval that comes when the channel's interval is over. */
async function nextInterval(observer: Observer, client: TestClient, afterMs = 10_000): Promise<unknown> {
  const { item, afterMs: waited } = await nextItem(observer, client, afterMs + 400);
  expect([item.c, waited >= afterMs - 400]).toEqual(["ch-pnpres", true]);
  return item.d;
}

/** An interval's payload, with these members beyond those that every one has. */
function interval(occupancy: number, revision: number, more: object = {}): object {
  return {
    ...{ action: "interval", timestamp: expect.any(Number), precise_timestamp: expect.any(Number) },
    ...{ occupancy, epoch: expect.any(String), revision, ...more },
  };
}

overEachTransport("large channels", (open) => {
  test("[S-050] what leaves more users than announceMax is not told, but intervals with the occupancy are", async () => {
    const client = await open({ policy });
    const observer = await observePresence(client, "ch");

    await seat(client, "u", "v", "w");

    expect(await observer.collectEvents()).toEqual([event("join", "u", 1), event("join", "v", 2)]);
    expect(await nextInterval(observer, client)).toEqual(interval(3, 3));
    expect(await nextInterval(observer, client)).toEqual(interval(3, 3));
    expect(await nextInterval(observer, client)).toEqual(interval(3, 3));
  });

  test("[S-051] back at announceMax changes are told again, and one more interval", async () => {
    const client = await open({ policy });
    await seat(client, "u", "v", "w");
    const observer = await observePresence(client, "ch");

    await client.leave("w", "ch");

    expect(await observer.collectEvents()).toEqual([event("leave", "w", 2)]);
    expect(await nextInterval(observer, client)).toEqual(interval(2, 4));
    await client.world.advance(21_000);
    await client.leave("v", "ch");
    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave", "v", 1)]);
  });

  test("[S-052] with deltas intervals name who came and went since the one before", async () => {
    const client = await open({ policy: withDeltas });
    await seat(client, "u", "v", "w", "x");
    await client.heartbeat("brief", "ch", { query: { heartbeat: 4 } });
    await client.leave("x", "ch");
    const observer = await observePresence(client, "ch");

    const lists = { join: ["w", "x", "brief"], leave: ["x"], timeout: ["brief"] };
    expect(await nextInterval(observer, client)).toEqual(interval(3, 7, lists));
    await seat(client, "y");
    expect(await nextInterval(observer, client)).toEqual(interval(4, 8, { join: ["y"] }));
    expect(await nextInterval(observer, client)).toEqual(interval(4, 8));
  });

  test("[S-053] deltas of more than 30 kB are not told: here now is to be read", async () => {
    const client = await open({ policy: { ...withDeltas, announceMax: 0 } });
    const users = Array.from({ length: 350 }, (_, index) => "x".repeat(84) + (10_000 + index));
    await seat(client, ...users);
    const observer = await observePresence(client, "ch");

    expect(await nextInterval(observer, client)).toEqual(interval(350, 350, { here_now_refresh: true }));
    await seat(client, "u");
    expect(await nextInterval(observer, client)).toEqual(interval(351, 351, { join: ["u"] }));
  });

  test("[S-055] a change of state is told in a large channel, too", async () => {
    const client = await open({ policy });
    await seat(client, "u", "v", "w");
    const observer = await observePresence(client, "ch");

    await client.setState("u", "ch", { a: 1 });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("state-change", "u", 3)]);
  });

  test("intervals can be left out by a rule, like every other event", async () => {
    const client = await open({ policy: { ...policy, rules: [{ channels: "ch", events: ["join"] }] } });
    const observer = await observePresence(client, "ch");
    await seat(client, "u", "v", "w");
    await client.world.advance(20_500);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "u", 1), event("join", "v", 2)]);
  });

  test("a filter sees whom an interval names", async () => {
    const client = await open({ policy: { ...withDeltas, streamFiltering: true } });
    await seat(client, "u", "v");
    const query = { "filter-expr": "pn_join contains 'x'" };
    const observer = await observePresence(client, "ch", { query });
    await seat(client, "w");
    await client.world.advance(10_500);
    expect(await observer.collectEvents()).toEqual([]);
    await seat(client, "x");
    await client.world.advance(10_500);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("interval", undefined, 4)]);
  });
});
