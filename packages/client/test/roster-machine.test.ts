/** The roster's machine, rule by rule. */
import { describe, expect, test } from "vitest";
import { catchUpMs, heardMax, initialRosterState, pagesMax } from "../src/machine/roster.ts";
import {
  after,
  events,
  failed,
  feed,
  fetched,
  join,
  leave,
  listening,
  type Mood,
  moved,
  now,
  page,
  seen,
  timeout,
  waited,
} from "./support/roster-inputs.ts";

/** Ann and Bob, complete at revision 10. */
const settled = after(listening, fetched(page(["ann", "bob"], { revision: 10 })));

describe("a roster before its first answer", () => {
  test("shows nobody, and says that it is not complete", () => {
    const { snapshot, activity } = initialRosterState<Mood>("room");
    expect({ snapshot, activity }).toEqual({
      snapshot: { channel: "room", occupants: new Map(), occupancy: 0, complete: false, at: 0 },
      activity: { type: "rest" },
    });
  });

  test("fetches when it is listening, and not before", () => {
    expect(after(listening).activity).toEqual({ type: "fetch" });
  });

  test("shows none of those who just came, as if they were all", () => {
    const before = after(listening);
    expect(feed(before, events(join("cem", { revision: 7, occupancy: 7 }))).snapshot).toBe(before.snapshot);
  });

  test("tries again after failures, later and later", () => {
    const once = after(listening, failed);
    const twice = feed(once, waited, failed);
    expect([once, feed(once, waited), twice].map(({ activity, tries }) => ({ ...activity, tries }))).toEqual([
      { type: "wait", tries: 1 },
      { type: "fetch", tries: 1 },
      { type: "wait", tries: 2 },
    ]);
  });
});

describe("the first answer of a roster", () => {
  test("is complete at once when it is one page", () => {
    expect({ ...seen(settled), activity: settled.activity }).toEqual({
      users: ["ann", "bob"],
      occupancy: 2,
      complete: true,
      activity: { type: "rest" },
    });
  });

  test("has what the page says of each user, and is as young as the last who came", () => {
    const cat = { userId: "cat", state: { mood: "calm" }, since: 700, devices: 3 };
    const { snapshot } = after(listening, fetched({ ...page(["ann"], { revision: 2 }), occupants: [cat] }));
    expect(snapshot).toEqual({
      channel: "room",
      occupants: new Map([["cat", { state: { mood: "calm" }, since: 700, devices: 3 }]]),
      occupancy: 1,
      complete: true,
      at: 700,
    });
  });

  test("of a channel that nobody was ever in is empty, complete, and as young as the answer", () => {
    const { snapshot } = after(listening, fetched(page([], { epoch: "", revision: 0 })));
    expect(snapshot).toEqual({
      channel: "room",
      occupants: new Map(),
      occupancy: 0,
      complete: true,
      at: now,
    });
  });

  test("drops events that it has already, and plays those that came after it", () => {
    const state = after(
      listening,
      events(leave("cem", { revision: 9 }), join("ann", { revision: 10 }), join("dora", { revision: 11 })),
      events(leave("bob", { revision: 12 })),
      fetched(page(["ann", "bob"], { revision: 10 })),
    );
    expect(seen(state)).toEqual({ users: ["ann", "dora"], occupancy: 2, complete: true });
  });

  test("begins again at once when an event between is missing", () => {
    const state = after(
      listening,
      events(join("dora", { revision: 12, occupancy: 4 })),
      fetched(page(["ann"], { revision: 10 })),
    );
    expect({ ...seen(state), activity: state.activity }).toEqual({
      users: [],
      occupancy: 1,
      complete: false,
      activity: { type: "fetch" },
    });
  });

  test("begins again when events of another life of the channel came meanwhile", () => {
    const state = after(
      listening,
      events(join("dora", { revision: 1, epoch: "f" })),
      fetched(page(["ann"], { revision: 10 })),
    );
    expect([seen(state).complete, state.activity]).toEqual([false, { type: "fetch" }]);
  });
});

describe("a walk through several pages", () => {
  const first = fetched(page(["ann", "bob"], { revision: 10, next: "2", occupancy: 4 }));

  test("asks page by page, shows the occupancy, and nobody until it is over", () => {
    const state = after(listening, first);
    expect({ ...seen(state), activity: state.activity }).toEqual({
      users: [],
      occupancy: 4,
      complete: false,
      activity: { type: "fetch", next: "2" },
    });
    expect(seen(feed(state, fetched(page(["cem", "dora"], { revision: 10 }))))).toEqual({
      users: ["ann", "bob", "cem", "dora"],
      occupancy: 4,
      complete: true,
    });
  });

  test("lets the last event of a user decide, whatever pages show of it", () => {
    // Ann left after she was on a page; Bob left and came back; Cem came, was on a page, and left; Dora's mood changed
    // twice before she was on a page; Eve's changed, but she is not there.
    const dora = { userId: "dora", state: { mood: "calm" }, since: 500, devices: 2 };
    const state = after(
      listening,
      first,
      events(
        leave("ann", { revision: 11 }),
        leave("bob", { revision: 12 }),
        join("cem", { revision: 13 }),
        join("bob", { revision: 14 }),
        moved("dora", "wild", { revision: 15 }),
        moved("dora", "calm", { revision: 16 }),
        moved("eve", "calm", { revision: 17 }),
        leave("cem", { revision: 18 }),
      ),
      fetched({
        ...page([], { revision: 17 }),
        occupants: [dora, ...page(["cem", "bob"], { revision: 17 }).occupants],
      }),
    );
    expect(seen(state)).toEqual({ users: ["bob", "dora"], occupancy: 2, complete: true });
    expect([...state.snapshot.occupants.values()]).toEqual([
      { state: { mood: "calm" }, devices: 2, since: 500 },
      { state: undefined, devices: 1, since: 14_000 },
    ]);
  });

  test("waits for the events that led up to a page, and takes them when they come", () => {
    const early = after(listening, first, fetched(page(["cem"], { revision: 12 })));
    const still = feed(early, events(leave("ann", { revision: 11 })));
    const there = feed(still, events(join("cem", { revision: 12 })));
    expect([early.activity, still.activity, seen(still).complete, there.activity, seen(there)]).toEqual([
      { type: "wait", ms: catchUpMs },
      { type: "wait", ms: catchUpMs },
      false,
      { type: "rest" },
      { users: ["bob", "cem"], occupancy: 2, complete: true },
    ]);
  });

  test("begins again when the events it waits for do not come", () => {
    const state = after(listening, first, fetched(page(["cem"], { revision: 12 })), waited);
    expect([state.activity, state.tries]).toEqual([{ type: "fetch" }, 1]);
  });

  test("begins again at once when one of the events it waits for was skipped", () => {
    const early = after(listening, first, fetched(page(["cem"], { revision: 12 })));
    expect(feed(early, events(leave("ann", { revision: 13 }))).activity).toEqual({ type: "fetch" });
  });

  test("begins again when a page is of another life of the channel", () => {
    const state = after(listening, first, fetched(page(["cem"], { revision: 12, epoch: "f" })));
    expect([state.activity, state.pages]).toEqual([{ type: "fetch" }, []]);
  });

  test("begins again when a page is older than the one before", () => {
    const state = after(listening, first, fetched(page(["cem"], { revision: 9 })));
    expect([state.activity, state.pages, seen(state).complete]).toEqual([{ type: "fetch" }, [], false]);
  });

  test("begins again rather than walk for ever", () => {
    let state = after(listening);
    for (let pages = 0; pages < pagesMax; pages += 1) {
      state = feed(state, fetched(page([`user-${pages}`], { revision: 10, next: String(pages) })));
    }
    expect(state.activity).toEqual({ type: "fetch", next: String(pagesMax - 1) });
    expect(feed(state, fetched(page(["ann"], { revision: 10, next: "x" }))).activity).toEqual({
      type: "fetch",
    });
  });

  test("begins again when more happens than it keeps", () => {
    const flood = Array.from({ length: heardMax }, (_, index) =>
      join(`user-${index}`, { revision: 11 + index }),
    );
    const full = after(listening, first, events(...flood));
    const over = feed(full, events(join("one-more", { revision: 11 + heardMax })));
    expect([full.heard.length, over.heard.length, over.activity, over.tries]).toEqual([
      heardMax,
      0,
      { type: "fetch" },
      1,
    ]);
  });
});

describe("a complete roster", () => {
  test("follows events: who comes is on one device since then, and who ends is gone", () => {
    const { snapshot } = feed(
      settled,
      events(
        join("cem", { revision: 11 }),
        leave("ann", { revision: 12 }),
        timeout("bob", { revision: 13 }),
        moved("cem", "calm", { revision: 14, occupancy: 1, at: 14_500 }),
      ),
    );
    expect(snapshot).toEqual({
      channel: "room",
      occupants: new Map([["cem", { state: { mood: "calm" }, devices: 1, since: 11_000 }]]),
      occupancy: 1,
      complete: true,
      at: 14_500,
    });
  });

  test("shows a user who comes with the state that waited for it", () => {
    const state = feed(settled, events(join("cem", { revision: 11, mood: "calm" })));
    expect(state.snapshot.occupants.get("cem")).toEqual({
      state: { mood: "calm" },
      devices: 1,
      since: 11_000,
    });
  });

  test("counts those it shows, not a seat whose end is still to be told", () => {
    const state = feed(settled, events(join("cem", { revision: 11, occupancy: 99 })));
    expect(seen(state)).toEqual({ users: ["ann", "bob", "cem"], occupancy: 3, complete: true });
  });

  test("does not seat a user whose state changes while it is away", () => {
    const state = feed(settled, events(moved("zoe", "far", { revision: 11 })));
    expect(seen(state)).toEqual({ users: ["ann", "bob"], occupancy: 2, complete: true });
  });

  test("stays the same object when told what it knows", () => {
    const again = feed(settled, events(join("bob", { revision: 10 }), join("ann", { revision: 3 })));
    expect(again).toBe(settled);
  });

  test("leaves snapshots that were handed out alone, and shares what did not change", () => {
    const next = feed(settled, events(moved("ann", "calm", { revision: 11 })));
    expect(settled.snapshot.occupants.get("ann")).toEqual({ state: undefined, devices: 1, since: 500 });
    expect(next.snapshot.occupants.get("bob")).toBe(settled.snapshot.occupants.get("bob"));
  });

  test("follows the first life of a channel that was not there", () => {
    const empty = after(listening, fetched(page([], { epoch: "", revision: 0 })));
    const state = feed(empty, events(join("ann", { revision: 1, epoch: "first" })));
    expect([seen(state), state.activity]).toEqual([
      { users: ["ann"], occupancy: 1, complete: true },
      { type: "rest" },
    ]);
  });
});

describe("a roster that misses something", () => {
  const gap = feed(settled, events(join("cem", { revision: 12, occupancy: 4 })));

  test("says so, shows the server's latest number, and fetches at once", () => {
    expect({ ...seen(gap), activity: gap.activity }).toEqual({
      users: ["ann", "bob", "cem"],
      occupancy: 4,
      complete: false,
      activity: { type: "fetch" },
    });
  });

  test("goes on with what it hears until the gap is closed", () => {
    const state = feed(gap, events(leave("ann", { revision: 13, occupancy: 3 })));
    expect(seen(state)).toEqual({ users: ["bob", "cem"], occupancy: 3, complete: false });
    const closed = feed(state, fetched(page(["bob", "cem", "dora"], { revision: 13 })));
    expect([seen(closed), closed.activity]).toEqual([
      { users: ["bob", "cem", "dora"], occupancy: 3, complete: true },
      { type: "rest" },
    ]);
  });

  test("does not believe a page that is older than what it knows", () => {
    const state = feed(gap, fetched(page(["ann", "bob", "old"], { revision: 11 })));
    expect([seen(state), state.activity]).toEqual([
      { users: ["ann", "bob", "cem"], occupancy: 3, complete: false },
      { type: "wait" },
    ]);
  });

  test("waits longer and longer while it happens again and again, and no longer when events follow on each other", () => {
    const closed = feed(gap, fetched(page(["ann"], { revision: 12 })));
    const second = feed(closed, events(join("eve", { revision: 20 })));
    const third = feed(
      second,
      waited,
      fetched(page(["ann"], { revision: 20 })),
      events(join("fay", { revision: 30 })),
    );
    const calm = feed(
      third,
      waited,
      fetched(page(["ann"], { revision: 30 })),
      events(join("gil", { revision: 31 })),
      events(join("hal", { revision: 40 })),
    );
    expect([second, third, calm].map(({ activity, tries }) => ({ ...activity, tries }))).toEqual([
      { type: "wait", tries: 2 },
      { type: "wait", tries: 3 },
      { type: "fetch", tries: 1 },
    ]);
  });

  test("notices another life of the channel", () => {
    const state = feed(settled, events(join("cem", { revision: 11, epoch: "f" })));
    expect([seen(state).complete, state.activity]).toEqual([false, { type: "fetch" }]);
  });

  test("keeps nothing of what it hears while it waits, but follows it", () => {
    const waiting = feed(gap, failed, events(leave("bob", { revision: 13, occupancy: 3 })));
    expect([seen(waiting).users, waiting.heard, waiting.activity]).toEqual([
      ["ann", "cem"],
      [],
      { type: "wait" },
    ]);
  });
});
