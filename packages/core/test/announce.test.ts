import { emptyState, type JsonText } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { announce } from "../src/announce.ts";
import { defaultPolicy } from "../src/policy.ts";
import type { Change, IntervalNotice, LogEntry, Publication } from "../src/ports.ts";
import { channel, state, t0, user } from "./support/build.ts";

function entryOf(kind: Change["kind"], more: Partial<Change> = {}): LogEntry {
  const change: Change = {
    kind,
    channel: channel("a"),
    user: user("u"),
    state: undefined,
    occupancy: 3,
    revision: 7,
    epoch: "life.1",
    at: t0,
    ...more,
  };
  return { kind: "change", timetoken: 17n, change };
}

const about = { channel: "a", user: "u", occupancy: 3, at: t0, revision: 7, epoch: "life.1" };

test("a join is told on the presence channel", () => {
  expect(announce(entryOf("join"), defaultPolicy)).toEqual({
    kind: "presence",
    timetoken: 17n,
    channel: "a-pnpres",
    event: { action: "join", ...about, state: undefined },
    metadata: true,
  });
});

test.each(["join", "leave"] as const)("a %s carries state only when there was some", (action) => {
  const events = [state({ k: 1 }), undefined, emptyState].map(
    (carried) => announce(entryOf(action, { state: carried }), defaultPolicy) ?? "nothing",
  );
  expect(events).toMatchObject([
    { event: { action, ...about, state: '{"k":1}' } },
    { event: { action, ...about, state: undefined } },
    { event: { action, ...about, state: undefined } },
  ]);
});

test("a timeout always carries state, the empty one when there was none", () => {
  const events = [state({ k: 1 }), undefined].map((carried) =>
    announce(entryOf("timeout", { state: carried }), defaultPolicy),
  );
  expect(events).toMatchObject([
    { event: { action: "timeout", ...about, state: '{"k":1}' } },
    { event: { action: "timeout", ...about, state: "{}" } },
  ]);
});

test("a state change carries the new state, the empty one when it was cleared", () => {
  const events = [state({ k: 1 }), undefined].map((carried) =>
    announce(entryOf("state-change", { state: carried }), defaultPolicy),
  );
  expect(events).toMatchObject([
    { event: { action: "state-change", ...about, state: '{"k":1}' } },
    { event: { action: "state-change", ...about, state: "{}" } },
  ]);
});

test("changes of a wildcard channel are told on its presence channel", () => {
  expect(announce(entryOf("join", { channel: channel("a.*") }), defaultPolicy)).toMatchObject({
    channel: "a.*-pnpres",
    event: { channel: "a.*" },
  });
});

test("a notice is told as an interval on the presence channel, with the lists it names", () => {
  const interval: IntervalNotice = {
    channel: channel("a"),
    occupancy: 3,
    epoch: "life.2",
    revision: 9,
    at: t0,
    joined: [user("u")],
    timedOut: [user("v"), user("w")],
    hereNowRefresh: false,
  };
  const entry: LogEntry = { kind: "interval", timetoken: 17n, interval };
  const event = { action: "interval", ...interval, left: [] };
  const item = { kind: "presence", timetoken: 17n, channel: "a-pnpres", event, metadata: true };
  expect(announce(entry, { ...defaultPolicy, presenceDeltas: true })).toEqual(item);
  expect(announce(entry, defaultPolicy)).toEqual({ ...item, event: { ...event, listsNeedDetails: true } });
});

test("a notice that says enough for rosters is told with that", () => {
  const about = { channel: channel("a"), occupancy: 3, epoch: "life.2", revision: 9, at: t0 };
  const lists = { joined: [user("u")], left: [], timedOut: [], hereNowRefresh: false };
  const interval: IntervalNotice = {
    ...{ ...about, ...lists },
    ...{ sinceRevision: 7, here: new Map([[user("u"), undefined]]) },
  };
  const policy = { ...defaultPolicy, presenceDeltas: true };
  expect(announce({ kind: "interval", timetoken: 17n, interval }, policy)).toMatchObject({
    event: { action: "interval", ...interval },
  });
});

test("a notice that asks for a refresh has no lists, whatever it was given", () => {
  const about = { channel: channel("a"), occupancy: 3, epoch: "life.2", revision: 9, at: t0 };
  const interval: IntervalNotice = { ...about, joined: [user("u")], hereNowRefresh: true };
  expect(announce({ kind: "interval", timetoken: 17n, interval }, defaultPolicy)).toMatchObject({
    event: { action: "interval", ...about, joined: [], left: [], timedOut: [], hereNowRefresh: true },
  });
});

test("without stream filtering there is no metadata", () => {
  expect(announce(entryOf("join"), { ...defaultPolicy, streamFiltering: false })).toMatchObject({
    metadata: false,
  });
});

test("a publication is told as it is", () => {
  const publication: Publication = {
    kind: "signal",
    channel: channel("a"),
    publisher: user("u"),
    payload: '"hey"' as JsonText,
    meta: '{"k":1}' as JsonText,
    customMessageType: "t1",
    sequence: 4,
    origin: 5n,
  };
  const item = announce({ kind: "publication", timetoken: 17n, publication }, defaultPolicy);
  expect(item).toEqual({ ...publication, timetoken: 17n });
});

test("joins, leaves and timeouts are told up to the announce max after them, changes of state always", () => {
  const policy = { ...defaultPolicy, announceMax: 3 };
  const told = (["join", "leave", "timeout", "state-change"] as const).map((kind) =>
    [3, 4].map((occupancy) => announce(entryOf(kind, { occupancy }), policy) !== undefined),
  );
  expect(told).toEqual([
    [true, false],
    [true, false],
    [true, false],
    [true, true],
  ]);
});

test("with an announce max of 0 only the last leave is told one by one", () => {
  const policy = { ...defaultPolicy, announceMax: 0 };
  expect(announce(entryOf("join", { occupancy: 1 }), policy)).toBe(undefined);
  expect(announce(entryOf("leave", { occupancy: 0 }), policy)).toMatchObject({ event: { action: "leave" } });
});

test("only the events that a channel's rule has are told, intervals included", () => {
  const policy = { ...defaultPolicy, rules: [{ channels: "a", events: ["leave"] as const }] };
  const about = { channel: channel("a"), occupancy: 3, epoch: "life.2", revision: 9, at: t0 };
  const interval: LogEntry = {
    kind: "interval",
    timetoken: 17n,
    interval: { ...about, hereNowRefresh: true },
  };
  const elsewhere = { ...interval, interval: { ...interval.interval, channel: channel("b") } };
  expect(
    [entryOf("join"), entryOf("leave"), entryOf("state-change"), interval, elsewhere].map(
      (entry) => announce(entry, policy) !== undefined,
    ),
  ).toEqual([false, true, false, false, true]);
});

test("of a channel without presence nothing is told but what is published on it", () => {
  const policy = { ...defaultPolicy, rules: [{ channels: "a", track: false }] };
  const publication: Publication = {
    kind: "message",
    channel: channel("a"),
    publisher: undefined,
    payload: '"hey"' as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  };
  expect(announce(entryOf("join"), policy)).toBe(undefined);
  expect(announce({ kind: "publication", timetoken: 17n, publication }, policy)).toMatchObject({
    payload: '"hey"',
  });
});
