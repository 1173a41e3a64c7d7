/** Rosters as their readers hold them: shared pictures, snapshots, iterations, waiting, closing. */
import { describe, expect, test } from "vitest";
import type { Roster } from "../src/api.ts";
import { PresenceError } from "../src/error.ts";
import { shareRosters } from "../src/roster.ts";
import { createFakeCore, type FakeCore } from "./support/roster-core.ts";
import { barePage, join, leave, type Mood, page } from "./support/roster-inputs.ts";

interface Opened {
  readonly core: FakeCore;
  readonly roster: Roster<Mood>;
  readonly open: (join?: "join" | "watch") => Roster<Mood>;
  readonly closeAll: () => void;
}

function openRoster(): Opened {
  const core = createFakeCore();
  const rosters = shareRosters(core);
  const open = (how?: "join" | "watch"): Roster<Mood> =>
    rosters.open("room", how === undefined ? {} : { join: how });
  return { core, roster: open(), open, closeAll: rosters.close };
}

/** A roster with Ann and Bob, complete at revision 10. */
async function openSettled(): Promise<Opened> {
  const opened = openRoster();
  await opened.core.listen();
  await opened.core.asked[0]?.answer(page(["ann", "bob"], { revision: 10 }));
  return opened;
}

function users({ snapshot }: Roster<Mood>): readonly string[] {
  return [...snapshot.occupants.keys()];
}

/** What a promise has come to, if it has. */
async function stateOf<Value>(
  promise: Promise<Value>,
): Promise<Value | "pending" | { readonly code: string }> {
  const rejected = (thrown: unknown): { readonly code: string } => {
    if (thrown instanceof PresenceError) return { code: thrown.code };
    throw thrown;
  };
  let turns: Promise<void> = Promise.resolve();
  for (let count = 0; count < 10; count += 1) turns = turns.then(() => {});
  return Promise.race([promise.catch(rejected), turns.then(() => "pending" as const)]);
}

describe("a roster's picture", () => {
  test("is fetched once it is listened to, and followed from then on", async () => {
    const { core, roster } = await openSettled();
    await core.tell(join("cem", { revision: 11 }), leave("ann", { revision: 12 }));
    expect([core.asked.length, core.asked[0]?.channel, users(roster), roster.snapshot.complete]).toEqual([
      1,
      "room",
      ["bob", "cem"],
      true,
    ]);
  });

  test("changes once for all that one answer of the poll brings", async () => {
    const { core, roster } = await openSettled();
    const told: (readonly string[])[] = [];
    roster.subscribe(() => told.push(users(roster)));
    await core.tell(
      join("cem", { revision: 11 }),
      join("dora", { revision: 12 }),
      leave("ann", { revision: 13 }),
    );
    expect(told).toEqual([["bob", "cem", "dora"]]);
  });

  test("takes events that came before a page before it, though both came at once", async () => {
    const { core, roster } = openRoster();
    await core.listen();
    const told = core.tell(leave("ann", { revision: 11 }));
    const answered = core.asked[0]?.answer(page(["ann", "bob"], { revision: 10 }));
    await Promise.all([told, answered]);
    expect([users(roster), roster.snapshot.complete]).toEqual([["bob"], true]);
  });

  test("asks for the next page with what the page before said", async () => {
    const { core, roster } = openRoster();
    await core.listen();
    await core.asked[0]?.answer(page(["ann"], { revision: 10, next: "place" }));
    await core.asked[1]?.answer(page(["bob"], { revision: 10 }));
    expect([core.asked.map(({ next }) => next), users(roster)]).toEqual([
      [undefined, "place"],
      ["ann", "bob"],
    ]);
  });

  test("has at most one page under way: a new walk gives the old one up, and its answer counts for nothing", async () => {
    const { core, roster } = await openSettled();
    await core.listen();
    await core.listen();
    expect(core.asked.map(({ signal }) => signal?.aborted)).toEqual([true, true, false]);
    await core.asked[1]?.answer(page(["old"], { revision: 10 }));
    await core.asked[1]?.fail(new Error("late"));
    expect([users(roster), core.timers]).toEqual([["ann", "bob"], []]);
  });

  test("tries again after a failure, not before the server says", async () => {
    const { core, roster } = openRoster();
    await core.listen();
    await core.asked[0]?.fail(new PresenceError("unavailable", "Busy.", { status: 503 }));
    expect(core.timers).toEqual([500]);
    await core.ring();
    await core.asked[1]?.fail(
      new PresenceError("unavailable", "Busy.", { status: 429, retryAfterSeconds: 7 }),
    );
    expect(core.timers).toEqual([7_000]);
    await core.ring();
    await core.asked[2]?.answer(page(["ann"], { revision: 1 }));
    expect([users(roster), roster.snapshot.complete, core.timers]).toEqual([["ann"], true, []]);
  });

  test("waits for events that led up to a page for longer than summaries take", async () => {
    const { core } = openRoster();
    await core.listen();
    await core.asked[0]?.answer(page(["ann"], { revision: 10, next: "place" }));
    await core.asked[1]?.answer(page(["bob"], { revision: 11 }));
    expect(core.timers).toEqual([15_000]);
    await core.ring();
    expect(core.asked.length).toBe(3);
  });
});

describe("a roster's snapshot", () => {
  test("stays the same object until something changes", async () => {
    const { core, roster } = await openSettled();
    const { snapshot } = roster;
    await core.tell(join("ann", { revision: 9 }));
    await core.listen();
    await core.asked[1]?.answer(page(["ann", "bob"], { revision: 10 }));
    expect(roster.snapshot).toBe(snapshot);
    await core.tell(leave("ann", { revision: 11 }));
    expect([roster.snapshot === snapshot, snapshot.occupants.size]).toEqual([false, 2]);
  });

  test("is told of to those who listen, until they do not want to", async () => {
    const { core, roster } = await openSettled();
    let calls = 0;
    const off = roster.subscribe(() => {
      calls += 1;
    });
    await core.tell(leave("ann", { revision: 11 }));
    await core.tell(leave("ann", { revision: 11 }));
    off();
    off();
    await core.tell(leave("bob", { revision: 12 }));
    expect(calls).toBe(1);
  });
});

describe("rosters of one channel", () => {
  test("share one picture, and one subscription to its presence", async () => {
    const { core, roster, open } = await openSettled();
    const other = open();
    expect([other.snapshot === roster.snapshot, core.subscriptions, core.asked.length]).toEqual([
      true,
      ["watch room"],
      1,
    ]);
  });

  test("sit in the channel while one of them joins, which is closed by itself", async () => {
    const { core, roster, open } = await openSettled();
    const seated = open("join");
    expect(core.subscriptions).toEqual(["watch room", "join room"]);
    await seated.close();
    expect(core.subscriptions).toEqual(["watch room"]);
    await core.tell(leave("ann", { revision: 11 }));
    expect(users(roster)).toEqual(["bob"]);
  });

  test("end with the last, and what was under way with them; the next begins anew", async () => {
    const { core, roster, open } = await openSettled();
    const other = open();
    await core.listen();
    await Promise.all([roster.close(), roster.close()]);
    expect([core.subscriptions, core.asked[1]?.signal?.aborted]).toEqual([["watch room"], false]);
    await other.close();
    expect([core.subscriptions, core.asked[1]?.signal?.aborted]).toEqual([[], true]);
    expect([open().snapshot.at, core.subscriptions]).toEqual([0, ["watch room"]]);
  });

  test("are all closed with the client", async () => {
    const { core, roster, open, closeAll } = await openSettled();
    const seated = open("join");
    const iterator = roster[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await core.tell(leave("ann", { revision: 99 }));
    const ready = seated.ready();
    closeAll();
    closeAll();
    expect([core.subscriptions, core.timers, core.asked.at(-1)?.signal?.aborted]).toEqual([[], [], true]);
    expect([(await next).value?.complete, await stateOf(iterator.next()), await stateOf(ready)]).toEqual([
      false,
      { done: true, value: undefined },
      { code: "closed" },
    ]);
  });
});

describe("iterating over a roster", () => {
  test("begins with what there is, goes on with every change, and ends with the roster", async () => {
    const { core, roster } = await openSettled();
    const iterator = roster[Symbol.asyncIterator]();
    const first = await iterator.next();
    const second = iterator.next();
    expect(await stateOf(second)).toBe("pending");
    await core.tell(leave("ann", { revision: 11 }));
    const third = iterator.next();
    await roster.close();
    expect([
      first.value?.occupants.size,
      (await second).value?.occupants.size,
      await third,
      await iterator.next(),
    ]).toEqual([2, 1, { done: true, value: undefined }, { done: true, value: undefined }]);
  });

  test("waits for the first answer", async () => {
    const { core, roster } = openRoster();
    const next = roster[Symbol.asyncIterator]().next();
    await core.listen();
    await core.tell(join("ann", { revision: 4, occupancy: 3 }));
    expect(await stateOf(next)).toBe("pending");
    await core.asked[0]?.answer(page(["ann"], { revision: 4 }));
    expect((await next).value?.occupants.size).toBe(1);
  });

  test("gives the newest to whoever is slow, once", async () => {
    const { core, roster } = await openSettled();
    const iterator = roster[Symbol.asyncIterator]();
    await iterator.next();
    await core.tell(leave("ann", { revision: 11 }));
    await core.tell(leave("bob", { revision: 12 }));
    const [newest, next] = [await iterator.next(), iterator.next()];
    expect([newest.value === roster.snapshot, newest.value?.occupants.size, await stateOf(next)]).toEqual([
      true,
      0,
      "pending",
    ]);
    await roster.close();
  });

  test("is given up at once, even while it waits", async () => {
    const { roster } = await openSettled();
    const iterator = roster[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test("works as a loop", async () => {
    const { core, roster } = await openSettled();
    const sizes: number[] = [];
    for await (const { occupants } of roster) {
      sizes.push(occupants.size);
      if (occupants.size === 0) break;
      await core.tell(leave(occupants.has("ann") ? "ann" : "bob", { revision: 10 + sizes.length }));
    }
    expect(sizes).toEqual([2, 1, 0]);
  });
});

describe("waiting for a complete roster", () => {
  test("ends with the first complete snapshot", async () => {
    const { core, roster } = openRoster();
    const ready = roster.ready();
    await core.listen();
    expect(await stateOf(ready)).toBe("pending");
    await core.asked[0]?.answer(page(["ann"], { revision: 1 }));
    expect(await ready).toBe(roster.snapshot);
    expect(await roster.ready()).toBe(roster.snapshot);
  });

  test("can be given up, and ends when the roster is closed", async () => {
    const { roster } = openRoster();
    const controller = new AbortController();
    const [given, closed] = [roster.ready({ signal: controller.signal }), roster.ready()];
    controller.abort();
    expect([await stateOf(given), await stateOf(closed)]).toEqual([{ code: "aborted" }, "pending"]);
    await roster.close();
    expect([await stateOf(closed), await stateOf(roster.ready())]).toEqual([
      { code: "closed" },
      { code: "closed" },
    ]);
  });

  test("fails when the server refuses, while the roster goes on trying", async () => {
    const { core, roster } = openRoster();
    const ready = roster.ready();
    await core.listen();
    await core.asked[0]?.fail(new PresenceError("denied", "No.", { status: 403 }));
    expect([await stateOf(ready), core.timers]).toEqual([{ code: "denied" }, [500]]);
    await core.ring();
    await core.asked[1]?.answer(page(["ann"], { revision: 1 }));
    expect(await roster.ready()).toBe(roster.snapshot);
  });

  test("outlasts failures that may pass", async () => {
    const { core, roster } = openRoster();
    const ready = roster.ready();
    await core.listen();
    await core.asked[0]?.fail(new PresenceError("network", "No."));
    expect(await stateOf(ready)).toBe("pending");
    await roster.close();
    await stateOf(ready);
  });

  test("fails against a server without revisions, whose rosters are never complete", async () => {
    const { core, roster } = openRoster();
    const ready = roster.ready();
    await core.listen();
    await core.asked[0]?.answer(barePage(["ann"], "1"));
    expect(await stateOf(ready)).toBe("pending");
    await core.asked[1]?.answer(barePage(["bob"]));
    expect([await stateOf(ready), users(roster), roster.snapshot.complete]).toEqual([
      { code: "refused" },
      ["ann", "bob"],
      false,
    ]);
  });
});
