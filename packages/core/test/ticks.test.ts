import type { Channel, State, UserId } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import type { Change, IntervalNotice, Summing } from "../src/ports.ts";
import { Ticks } from "../src/ticks/ticks.ts";
import { channel, t0, user } from "./support/build.ts";

const everySecond: Summing = { announceMax: 0, everyMs: 1_000 };

/** A change that leaves one seat, unless told. */
function changeOf(kind: Change["kind"], name: string, more: Partial<Change> = {}): Change {
  return {
    ...{ kind, channel: channel("a"), user: user(name), state: undefined, occupancy: 1, revision: 1 },
    ...{ epoch: "e", at: t0, ...more },
  };
}

function fireAll(ticks: Ticks, now: number): readonly IntervalNotice[] {
  return ticks.fire(() => everySecond, now, 100);
}

test("a change in a channel that is never summed up is logged as it is", () => {
  const change = changeOf("join", "u", { occupancy: 1_000 });
  expect(new Ticks(t0).collect(change, undefined, t0)).toBe(change);
});

test("a change that leaves announceMax seats is logged as it is, and one that leaves more is not", () => {
  const ticks = new Ticks(t0);
  const summing = { announceMax: 2, everyMs: 1_000 };
  const small = changeOf("join", "v", { occupancy: 2, revision: 2 });
  expect(ticks.collect(small, summing, t0)).toBe(small);
  expect(ticks.collect(changeOf("join", "w", { occupancy: 3, revision: 3 }), summing, t0)).toBe(undefined);
  const next = changeOf("leave", "w", { occupancy: 2, revision: 4 });
  expect(ticks.collect(next, summing, t0)).toEqual({ ...next, isSummedUp: true });
});

test("a state change in a large channel begins nothing, and is logged as it is", () => {
  const ticks = new Ticks(t0);
  const change = changeOf("state-change", "u", { occupancy: 9, state: '{"x":1}' as State });
  expect(ticks.collect(change, everySecond, t0)).toBe(change);
  expect(fireAll(ticks, t0 + 60_000)).toEqual([]);
});

test("a channel at rest that was large before is summed up from now on, once it was begun", () => {
  const ticks = new Ticks(t0);
  const standing = { channel: channel("a"), occupancy: 7, revision: 30, epoch: "e" };
  ticks.begin(standing, 1_000, t0);
  ticks.begin({ ...standing, occupancy: 8 }, 5_000, t0);
  expect(fireAll(ticks, t0 + 1_000)).toEqual([
    {
      ...{ ...standing, at: t0 + 1_000, joined: [], left: [], timedOut: [], hereNowRefresh: false },
      ...{ sinceRevision: 30, here: new Map() },
    },
  ]);
});

test("a fraction of a millisecond is not counted", () => {
  const ticks = new Ticks(t0 + 0.5);
  ticks.collect(changeOf("join", "u"), everySecond, t0 + 0.9);
  expect(fireAll(ticks, t0 + 999.9)).toEqual([]);
  expect(fireAll(ticks, t0 + 1_000.1).map(({ at }) => at)).toEqual([t0 + 1_000]);
});

test("another life of the count begins the lists anew", () => {
  const ticks = new Ticks(t0);
  ticks.collect(changeOf("join", "u", { revision: 500 }), everySecond, t0);
  ticks.collect(changeOf("join", "v", { revision: 1, epoch: "f" }), everySecond, t0);
  const [notice] = fireAll(ticks, t0 + 1_000);
  expect([notice?.joined, notice?.epoch, notice?.sinceRevision, notice?.revision]).toEqual([
    ["v"],
    "f",
    0,
    1,
  ]);
});

test("the close tells everything at once, due or not, and nothing twice", () => {
  const ticks = new Ticks(t0);
  ticks.collect(changeOf("join", "u"), everySecond, t0);
  ticks.collect(changeOf("join", "u", { channel: channel("b") }), everySecond, t0);
  expect(ticks.close(t0 + 10).map((notice) => [notice.channel, notice.at])).toEqual([
    ["a", t0 + 10],
    ["b", t0 + 10],
  ]);
  expect([fireAll(ticks, t0 + 60_000), ticks.close(t0 + 60_000)]).toEqual([[], []]);
});

test("names count as long as they are in JSON and UTF-8, with a comma each", () => {
  const told = (name: string, times: number): boolean => {
    const ticks = new Ticks(t0);
    for (let number = 0; number < times; number++) {
      ticks.collect(changeOf("join", name + number, { revision: number + 1 }), everySecond, t0);
    }
    return fireAll(ticks, t0 + 1_000)[0]?.hereNowRefresh === false;
  };
  expect([told("x".repeat(94), 300), told("x".repeat(96), 300)]).toEqual([true, false]);
  expect([told(`${"x".repeat(90)}€`, 300), told(`${"x".repeat(93)}€`, 300)]).toEqual([true, false]);
  expect([told(`${"x".repeat(88)}"""`, 300), told(`${"x".repeat(90)}"""`, 300)]).toEqual([true, false]);
});

test("names of no channel or user are taken for what they are", () => {
  const ticks = new Ticks(t0);
  const odd = ["__proto__", "constructor", "1"];
  for (const [index, name] of odd.entries()) {
    const where = { channel: name as Channel, revision: index + 1 };
    ticks.collect(changeOf("join", "u", where), everySecond, t0);
    ticks.collect(changeOf("join", name, { ...where, revision: index + 2 }), everySecond, t0);
  }
  expect(fireAll(ticks, t0 + 1_000).map(({ channel: where, joined }) => [where, joined])).toEqual(
    odd.map((name) => [name, ["u" as UserId, name]]),
  );
});
