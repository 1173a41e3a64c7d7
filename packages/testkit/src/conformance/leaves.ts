/** Rules of giving seats up, coming back, and several devices of one user (semantics §§ 3, 6, 15). */
import { devicesPerSeatMax } from "@hereabouts/core";
import { describe, expect, test } from "vitest";
import { Bench, type OpenEngine } from "./bench.ts";

/** Leaves, debounces and leases. */
export function describeLeaving(open: OpenEngine): void {
  describe("giving seats up", () => describeLeaves(open));
  describe("coming back after a leave", () => describeDebounce(open));
  describe("several devices of one user", () => describeDevices(open));
}

function describeLeaves(open: OpenEngine): void {
  test("a leave ends the seat at once [S-007]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b");
    await bench.touch("v", "a");
    expect(await bench.leave("u", "a")).toEqual(["leave u in a (1)"]);
    expect([await bench.hereNow("a"), await bench.whereNow("u")]).toEqual([["v"], ["b"]]);
  });

  test("leaving a channel one is not in is no change [S-008]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("v", "a");
    expect(await bench.leave("u", "a b")).toEqual([]);
    expect(await bench.hereNow("a")).toEqual(["v"]);
  });

  test("leaving twice leaves once", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    const both = await Promise.all([bench.leave("u", "a"), bench.leave("u", "a")]);
    expect(both.flat()).toEqual(["leave u in a (0)"]);
  });

  test("a leave tells the state, and leaves none behind [S-024]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { states: { a: '{"x":1}' } });
    expect(await bench.leave("u", "a")).toEqual(['leave u in a (0) {"x":1}']);
    expect(await bench.states("u", "a")).toEqual([undefined]);
    await bench.touch("u", "a");
    expect(await bench.states("u", "a")).toEqual([undefined]);
  });

  test("a leave that comes after the time was up finds a timeout", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    bench.advance(1_000);
    expect(await bench.leave("u", "a")).toEqual(["timeout u in a (0)"]);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual(["join u in a (1)"]);
  });

  test("a seat that was given up does not time out", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    await bench.leave("u", "a");
    bench.advance(10_000);
    expect(await bench.sweep()).toEqual([]);
  });
}

function describeDebounce(open: OpenEngine): void {
  test("a poll takes no seat that was just given up, until the debounce is over [S-017]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", { debounceMs: 2_000 });
    const until = bench.now + 2_000;
    bench.advance(1_999);
    const refused = await bench.touched("u", "a", { intent: "implied" });
    expect(refused).toEqual({
      changes: [],
      beforeOwnJoins: undefined,
      refusedUntil: until,
      channelsOverLimit: [],
    });
    expect(await bench.hereNow("a")).toEqual([]);
    bench.now = until;
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual(["join u in a (1)"]);
  });

  test("a deliberate touch takes the seat at once [S-018] [S-019]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a");
    bench.advance(500);
    const { changes, refusedUntil } = await bench.touched("u", "a");
    expect([changes.length, refusedUntil]).toEqual([1, undefined]);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual([]);
  });

  test("other channels and other users are not held up", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a");
    expect(await bench.touch("u", "a b", { intent: "implied" })).toEqual(["join u in b (1)"]);
    expect(await bench.touch("v", "a", { intent: "implied" })).toEqual(["join v in a (1)"]);
  });

  test("of several refusals the latest end is told", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b c");
    await bench.leave("u", "a", { debounceMs: 1_000 });
    await bench.leave("u", "b", { debounceMs: 3_000 });
    await bench.leave("u", "c", { debounceMs: 2_000 });
    const { refusedUntil } = await bench.touched("u", "a b c", { intent: "implied" });
    expect(refusedUntil).toBe(bench.now + 3_000);
  });

  test("a new leave starts a new debounce", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", { debounceMs: 2_000 });
    bench.advance(1_500);
    await bench.touch("u", "a");
    await bench.leave("u", "a", { debounceMs: 2_000 });
    bench.advance(1_500);
    expect((await bench.touched("u", "a", { intent: "implied" })).refusedUntil).toBe(bench.now + 500);
  });

  test("without a debounce a poll takes the seat at once", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", { debounceMs: 0 });
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual(["join u in a (1)"]);
  });

  test("a timeout holds nobody up", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    bench.advance(1_000);
    await bench.sweep();
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual(["join u in a (1)"]);
  });
}

function describeDevices(open: OpenEngine): void {
  test("the second device of a user is silent, and counted [S-060]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "phone" });
    expect(await bench.touch("u", "a", { device: "laptop" })).toEqual([]);
    const { occupancy, occupants } = await bench.view("a");
    expect([occupancy, occupants]).toEqual([
      1,
      [{ user: "u", state: undefined, since: bench.now, devices: 2 }],
    ]);
  });

  test("a seat ends with its last device [S-062]", async () => {
    const bench = await Bench.open(open);
    for (const device of ["phone", "laptop"]) await bench.touch("u", "a", { device });
    expect(await bench.leave("u", "a", { device: "phone" })).toEqual([]);
    expect(await bench.hereNow("a")).toEqual(["u"]);
    expect(await bench.leave("u", "a", { device: "laptop" })).toEqual(["leave u in a (0)"]);
  });

  test("a device that holds nothing gives nothing up", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "phone" });
    expect([await bench.leave("u", "a", { device: "laptop" }), await bench.leave("u", "a")]).toEqual([
      [],
      [],
    ]);
    expect(await bench.hereNow("a")).toEqual(["u"]);
  });

  test("clients that do not name themselves hold one lease together [S-061]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.touch("u", "a");
    expect(await bench.leave("u", "a")).toEqual(["leave u in a (0)"]);
    expect(await bench.touch("u", "a")).toEqual(["join u in a (1)"]);
  });

  test("each device's hold ends in its own time, the seat with the last", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "phone", timeoutSeconds: 10 });
    bench.advance(4_000);
    await bench.touch("u", "a", { device: "laptop" });
    bench.advance(6_000);
    expect(await bench.sweep()).toEqual([]);
    const { occupants } = await bench.view("a");
    expect(occupants?.map((occupant) => occupant.devices)).toEqual([1]);
    bench.advance(4_000);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("one device too many takes the place of the one whose time ends first", async () => {
    const bench = await Bench.open(open);
    for (let device = 0; device <= devicesPerSeatMax; device++) {
      bench.advance(1);
      await bench.touch("u", "a", { device: `device-${device}` });
    }
    const { occupants } = await bench.view("a");
    expect(occupants?.map((occupant) => occupant.devices)).toEqual([devicesPerSeatMax]);
    expect(await bench.leave("u", "a", { device: "device-0" })).toEqual([]);
    const others = Array.from({ length: devicesPerSeatMax }, (_, index) => `device-${index + 1}`);
    const changes: string[] = [];
    for (const device of others) changes.push(...(await bench.leave("u", "a", { device })));
    expect(changes).toEqual(["leave u in a (0)"]);
  });
}
