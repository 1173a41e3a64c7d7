/** The roster's machine, rule by rule: connections that come back, channels in interval mode, servers without revisions. */
import { describe, expect, test } from "vitest";
import { settleMs } from "../src/machine/roster.ts";
import {
  after,
  barePage,
  events,
  failed,
  feed,
  fetched,
  interval,
  join,
  leave,
  listening,
  moved,
  now,
  page,
  seen,
  unrevised,
  waited,
} from "./support/roster-inputs.ts";

/** Ann and Bob, complete at revision 10. */
const settled = after(listening, fetched(page(["ann", "bob"], { revision: 10 })));

describe("a roster whose connection is back", () => {
  const back = feed(settled, listening);

  test("asks, and is complete as far as it goes meanwhile", () => {
    expect([back.snapshot, back.activity]).toEqual([settled.snapshot, { type: "fetch" }]);
    expect(back.snapshot).toBe(settled.snapshot);
  });

  test("walks no further when it has all that the first page has", () => {
    const state = feed(back, fetched(page(["ann"], { revision: 10, next: "2" })));
    expect([state.snapshot, state.activity]).toEqual([settled.snapshot, { type: "rest" }]);
    expect(state.snapshot).toBe(settled.snapshot);
  });

  test("does not take a page that is one change ahead for what it has", () => {
    const state = feed(back, fetched(page(["ann"], { revision: 11, next: "2" })));
    expect(state.activity).toEqual({ type: "fetch", next: "2" });
  });

  test("walks no further once the events have caught up with the first page", () => {
    const walking = feed(back, fetched(page(["ann"], { revision: 11, next: "2" })));
    const state = feed(walking, events(join("cem", { revision: 11 })));
    expect([seen(state), state.activity, state.pages]).toEqual([
      { users: ["ann", "bob", "cem"], occupancy: 3, complete: true },
      { type: "rest" },
      [],
    ]);
  });

  test("shares the users that a page shows as they were, and takes those that it shows otherwise", () => {
    const shown = page(["ann", "bob"], { revision: 11 }).occupants;
    const [ann, bob] = shown.map((one) => ({ ...one, devices: one.userId === "ann" ? 2 : 1 }));
    const users = [ann, bob].filter((one) => one !== undefined);
    const { occupants } = feed(back, fetched({ ...page([], { revision: 11 }), occupants: users })).snapshot;
    expect([...occupants]).toEqual([
      ["ann", { state: undefined, devices: 2, since: 500 }],
      ["bob", { state: undefined, devices: 1, since: 500 }],
    ]);
    expect(occupants.get("bob")).toBe(settled.snapshot.occupants.get("bob"));
  });

  test("shows what there is after the server lost everything", () => {
    const lost = feed(back, fetched(page(["cem"], { revision: 1, epoch: "f" })));
    const empty = feed(back, fetched(page([], { revision: 0, epoch: "" })));
    expect([seen(lost), seen(empty)]).toEqual([
      { users: ["cem"], occupancy: 1, complete: true },
      { users: [], occupancy: 0, complete: true },
    ]);
  });

  test("does not wait out what it waited for before", () => {
    const waiting = feed(back, failed);
    expect(feed(waiting, listening).activity).toEqual({ type: "fetch" });
  });
});

describe("a roster of a channel in interval mode", () => {
  test("follows lists that tell all that happened since its own revision or before it", () => {
    const lists = { joined: ["cem", "dora"], left: ["ann"], timedOut: ["bob"] };
    const here = { cem: undefined, dora: { mood: "new" } };
    const state = feed(settled, events(interval({ ...lists, here, sinceRevision: 9 }, { revision: 14 })));
    expect([seen(state), state.activity]).toEqual([
      { users: ["cem", "dora"], occupancy: 2, complete: true },
      { type: "rest" },
    ]);
    expect([...state.snapshot.occupants]).toEqual([
      ["cem", { state: undefined, devices: 1, since: 14_000 }],
      ["dora", { state: { mood: "new" }, devices: 1, since: 14_000 }],
    ]);
  });

  test("follows what is told ahead of a summary, and then the summary, which tells it again", () => {
    const isSummedUp = true as const;
    const ahead = feed(
      settled,
      events(moved("ann", "well", { revision: 13, isSummedUp }), leave("bob", { revision: 14, isSummedUp })),
    );
    expect([seen(ahead), ahead.activity, ahead.revision]).toEqual([
      { users: ["ann"], occupancy: 1, complete: true },
      { type: "rest" },
      10,
    ]);
    const lists = { joined: ["cem"], left: ["cem", "bob"], here: {}, sinceRevision: 10 };
    const summed = feed(ahead, events(interval(lists, { revision: 14 })));
    expect([seen(summed), summed.revision]).toEqual([{ users: ["ann"], occupancy: 1, complete: true }, 14]);
    expect(summed.snapshot.occupants.get("ann")?.state).toEqual({ mood: "well" });
  });

  test("asks when a summary begins after its own revision", () => {
    const late = interval({ joined: ["cem"], here: { cem: undefined }, sinceRevision: 11 }, { revision: 12 });
    const empty = interval({ sinceRevision: 11 }, { revision: 11 });
    const states = [late, empty].map((event) => feed(settled, events(event)));
    expect(states.map((state) => [seen(state).complete, state.activity])).toEqual([
      [false, { type: "fetch" }],
      [false, { type: "fetch" }],
    ]);
  });

  test("seats those who came and went and are here, and nobody else who did", () => {
    const lists = { joined: ["ann", "bob", "zoe"], left: ["ann", "bob", "zoe"], sinceRevision: 10 };
    const here = { ann: undefined, zoe: undefined };
    const state = feed(settled, events(interval({ ...lists, here }, { revision: 16 })));
    expect(seen(state)).toEqual({ users: ["ann", "zoe"], occupancy: 2, complete: true });
    expect(state.snapshot.occupants.get("ann")?.since).toBe(16_000);
  });

  test("follows lists that do not say since when, as far as they go, and asks", () => {
    const state = feed(settled, events(interval({ joined: ["cem"] }, { revision: 14, occupancy: 5 })));
    expect([seen(state), state.activity]).toEqual([
      { users: ["ann", "bob", "cem"], occupancy: 5, complete: false },
      { type: "fetch" },
    ]);
  });

  test("asks when it is told to, or is told a number only", () => {
    const told = feed(settled, events(interval({ hereNowRefresh: true }, { revision: 14, occupancy: 3 })));
    const number = feed(settled, events(interval({}, { revision: 14, occupancy: 3 })));
    expect([told.activity, number.activity]).toEqual([{ type: "fetch" }, { type: "fetch" }]);
  });

  test("asks when it is told to in a new life, at a revision it knows in the old one", () => {
    const lost = interval({ hereNowRefresh: true }, { epoch: "f", revision: 10, occupancy: 2 });
    const state = feed(settled, events(lost));
    expect([seen(state).complete, state.activity]).toEqual([false, { type: "fetch" }]);
  });

  test("does nothing when nothing happened in an interval", () => {
    expect(feed(settled, events(interval({}, { revision: 10, occupancy: 2 })))).toBe(settled);
  });
});

describe("a roster of a server without revisions", () => {
  const bare = after(listening, fetched(barePage(["ann", "bob"])));

  test("is never complete, and knows since when it has seen a user", () => {
    expect([bare.snapshot, bare.activity]).toEqual([
      {
        channel: "room",
        occupants: new Map([
          ["ann", { state: undefined, devices: 1, since: now }],
          ["bob", { state: undefined, devices: 1, since: now }],
        ]),
        occupancy: 2,
        complete: false,
        at: now,
      },
      { type: "rest" },
    ]);
  });

  test("follows events, and looks again when nothing has happened for a while", () => {
    const told = feed(bare, events(unrevised(join("cem", { occupancy: 3, at: 7 }))));
    const more = feed(told, events(unrevised(leave("ann", { occupancy: 2 }))));
    expect([seen(told), told.activity, seen(more), more.activity, feed(more, waited).activity]).toEqual([
      { users: ["ann", "bob", "cem"], occupancy: 3, complete: false },
      { type: "wait", ms: settleMs },
      { users: ["bob", "cem"], occupancy: 2, complete: false },
      { type: "wait", ms: settleMs },
      { type: "fetch" },
    ]);
    expect(more.activity).not.toBe(told.activity);
  });

  test("lets what it hears during a walk stand against the pages, and looks once more", () => {
    const looking = feed(bare, events(unrevised(join("cem"))), waited, events(unrevised(leave("bob"))));
    const told = feed(looking, fetched(barePage(["ann", "bob", "cem"])));
    expect([seen(told).users, told.activity]).toEqual([["ann", "cem"], { type: "wait", ms: settleMs }]);
    const quiet = feed(told, waited, fetched(barePage(["dora"])));
    expect([seen(quiet).users, quiet.activity]).toEqual([["dora"], { type: "rest" }]);
  });

  test("lets things settle before it looks when the connection is back: answers may be older than that", () => {
    expect(feed(bare, listening).activity).toEqual({ type: "wait", ms: settleMs });
  });

  test("keeps since when a user has been there when it looks again", () => {
    const told = feed(bare, events(unrevised(join("cem", { at: 7_000 }))), waited);
    const state = feed(told, fetched(barePage(["ann", "bob", "cem"])), waited, fetched(barePage(["cem"])));
    expect([...state.snapshot.occupants]).toEqual([["cem", { state: undefined, devices: 1, since: 7_000 }]]);
  });

  test("walks through all pages", () => {
    const state = after(listening, fetched(barePage(["ann"], "1")), fetched(barePage(["bob"])));
    expect(seen(state).users).toEqual(["ann", "bob"]);
  });

  test("looks again after an interval only when the number differs or it is told to", () => {
    const same = feed(bare, events(unrevised(interval({}, { occupancy: 2 }))));
    const other = feed(bare, events(unrevised(interval({}, { occupancy: 3 }))));
    const told = feed(bare, events(unrevised(interval({ hereNowRefresh: true }, { occupancy: 2 }))));
    expect([same.activity, other.activity, told.activity]).toEqual([
      { type: "rest" },
      { type: "wait", ms: settleMs },
      { type: "wait", ms: settleMs },
    ]);
    expect(same.snapshot).toBe(bare.snapshot);
  });

  test("becomes complete when the server has come to give revisions", () => {
    const state = feed(bare, listening, waited, fetched(page(["ann"], { revision: 3 })));
    expect(seen(state)).toEqual({ users: ["ann"], occupancy: 1, complete: true });
  });
});
