import fc from "fast-check";
import { expect, test } from "vitest";
import { deliver } from "../src/delivery.ts";
import { decodeItem } from "../src/events.ts";
import { coverageOf, waysTo } from "../src/matching.ts";
import { createStateCheck } from "../src/state-check.ts";
import { createSubscription } from "../src/subscription.ts";

const item = (d: unknown, more: object = {}): unknown => ({
  a: "1",
  f: 0,
  p: { t: "17694521391234567", r: 1 },
  k: "demo",
  c: "lobby-pnpres",
  d,
  ...more,
});
const base = {
  type: "presence",
  channel: "lobby",
  subscription: undefined,
  timetoken: "17694521391234567",
  occupancy: 2,
  at: 1_769_452_139_123,
  epoch: undefined,
  revision: undefined,
};
const data = { timestamp: 1_769_452_139, precise_timestamp: 1_769_452_139_123, occupancy: 2 };

test.each<readonly [string, object, object]>([
  ["a join", { action: "join", uuid: "alice" }, { action: "join", userId: "alice" }],
  ["a leave", { action: "leave", uuid: "alice" }, { action: "leave", userId: "alice", state: undefined }],
  [
    "a timeout",
    { action: "timeout", uuid: "alice", data: {} },
    { action: "timeout", userId: "alice", state: {} },
  ],
  [
    "a change of state",
    { action: "state-change", uuid: "alice", data: { mood: "fine" } },
    { action: "state-change", userId: "alice", state: { mood: "fine" } },
  ],
  [
    "an interval with changes",
    { action: "interval", join: ["a", "b"], leave: ["c"], timeout: ["d"] },
    {
      action: "interval",
      joined: ["a", "b"],
      left: ["c"],
      timedOut: ["d"],
      hereNowRefresh: false,
      here: new Map(),
    },
  ],
  [
    "an interval with word of who is here",
    {
      action: "interval",
      join: ["a", "__proto__"],
      since_revision: 3,
      here: { a: { x: 1 }, ["__proto__"]: null },
    },
    {
      ...{ action: "interval", joined: ["a", "__proto__"], left: [], timedOut: [], hereNowRefresh: false },
      ...{
        sinceRevision: 3,
        here: new Map([
          ["a", { x: 1 }],
          ["__proto__", null],
        ]),
      },
    },
  ],
  [
    "a leave of a large channel",
    { action: "leave", uuid: "alice", summed_up: 1 },
    { action: "leave", userId: "alice", state: undefined, isSummedUp: true },
  ],
  [
    "an interval that says to ask",
    { action: "interval", here_now_refresh: true },
    { action: "interval", joined: [], left: [], timedOut: [], hereNowRefresh: true, here: new Map() },
  ],
  [
    "a join of a server that counts changes",
    { action: "join", uuid: "alice", epoch: "e1", revision: 7 },
    { action: "join", userId: "alice", epoch: "e1", revision: 7 },
  ],
  [
    "a join of a server that tells seconds only",
    { action: "join", uuid: "alice", precise_timestamp: undefined },
    { action: "join", userId: "alice", at: 1_769_452_139_000 },
  ],
])("%s is read", (_name, given, expected) => {
  const raw = JSON.parse(JSON.stringify(item({ ...data, ...given })));
  expect(decodeItem(raw)?.event).toEqual({ ...base, ...expected });
});

test.each<readonly [string, unknown]>([
  ["no object", 7],
  ["no channel", item({ ...data, action: "join", uuid: "a" }, { c: 7 })],
  ["no timetoken", item({ ...data, action: "join", uuid: "a" }, { p: { t: 7 } })],
  ["an action nobody knows", item({ ...data, action: "dance", uuid: "a" })],
  ["no user", item({ ...data, action: "join" })],
  ["no occupancy", item({ ...data, action: "join", uuid: "a", occupancy: undefined })],
  ["a negative occupancy", item({ ...data, action: "join", uuid: "a", occupancy: -1 })],
  ["no time", item({ action: "join", uuid: "a", occupancy: 1 })],
  ["a payload that is no object", item("join")],
  ["a message action", { ...(item(1) as object), c: "lobby", e: 3 }],
])("%s is no event", (_name, raw) => {
  expect(decodeItem(raw)).toBeUndefined();
});

test("whatever a server sends, reading it throws nothing", () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("lobby-pnpres", "join", "17694521391234567", 1, {}, []),
  );
  const items = fc.record(
    { c: odd, p: fc.oneof(odd, fc.record({ t: odd })), d: odd, e: odd, b: odd, u: odd, i: odd },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(odd, items), (raw) => {
      decodeItem(raw);
    }),
    { seed: 3, numRuns: 2_000 },
  );
});

test.each<readonly [string, string | undefined, readonly string[]]>([
  ["a", undefined, ["ca"]],
  ["a", "g", ["ca", "gg"]],
  ["a-pnpres", "g-pnpres", ["ca-pnpres", "gg-pnpres"]],
  ["a.b", undefined, ["ca.b", "ca.*"]],
  ["a.b.c.d", "a.*", ["ca.b.c.d", "ca.b.*", "ca.*", "ga.*"]],
  ["a.b-pnpres", undefined, ["ca.b-pnpres", "ca.*-pnpres"]],
  ["a.*-pnpres", undefined, ["ca.*-pnpres", "ca.*-pnpres"]],
  [".b", undefined, ["c.b"]],
  ["a.", undefined, ["ca.", "ca.*"]],
])("%s, by %s, is come by as %j", (channel, by, expected) => {
  expect([...new Set(waysTo(channel, by).map(({ target }) => target))]).toEqual([...new Set(expected)]);
});

test("a subscription covers its presence, where it wants it, and sits nowhere for presence", () => {
  const names = { channels: ["a", "b-pnpres"], groups: ["g"] };
  expect(coverageOf(names, false)).toEqual({
    seats: new Set(["ca", "gg"]),
    targets: new Set(["ca", "cb-pnpres", "gg"]),
  });
  expect(coverageOf(names, true)).toEqual({
    seats: new Set(["ca", "gg"]),
    targets: new Set(["ca", "cb-pnpres", "gg", "ca-pnpres", "gg-pnpres"]),
  });
});

test("timetokens are compared as numbers, whatever their digits", async () => {
  const outlet = createSubscription<object, unknown>(async () => {});
  const got: string[] = [];
  outlet.subscription.onMessage(({ timetoken }) => got.push(timetoken));
  const receiver = { coverage: coverageOf({ channels: ["a"], groups: [] }, false), outlet, from: "99" };
  const items = ["9", "98", "99", "100", "990"].map((t) => ({ c: "a", p: { t }, d: 1 }));
  const check = createStateCheck<object>(undefined);
  await deliver(items, { receivers: new Set([receiver]), check, onEvent: () => {}, onStatus: () => {} });
  expect(got).toEqual(["100", "990"]);
});
