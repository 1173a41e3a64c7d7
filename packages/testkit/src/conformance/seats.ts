/** Rules of taking, renewing and losing seats (semantics §§ 2, 3, 6). */
import { devicesPerSeatMax, seatsPerUserMax } from "@hereabouts/core";
import { describe, expect, test } from "vitest";
import { Bench, type OpenEngine } from "./bench.ts";

/** Touches, leaves and sweeps. */
export function describeSeats(open: OpenEngine): void {
  describe("taking and renewing seats", () => describeTouches(open));
  describe("the end of a seat's time", () => describeDeadlines(open));
  describe("giving seats up", () => describeLeaves(open));
  describe("coming back after a leave", () => describeDebounce(open));
  describe("several devices of one user", () => describeDevices(open));
}

function describeTouches(open: OpenEngine): void {
  test("a user who touches a channel joins it [S-001]", async () => {
    const bench = await Bench.open(open);
    const { changes } = await bench.touched("u", "a");
    expect(changes).toEqual([
      {
        kind: "join",
        channel: "a",
        user: "u",
        state: undefined,
        occupancy: 1,
        revision: 1,
        epoch: expect.stringMatching(/./),
        at: bench.now,
      },
    ]);
    expect(await bench.hereNow("a")).toEqual(["u"]);
  });

  test("a user who touches again joins once [S-004] [S-014]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    bench.advance(1_000);
    expect(await bench.touch("u", "a")).toEqual([]);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual([]);
  });

  test("changes come in the order of the channels in the request", async () => {
    const bench = await Bench.open(open);
    expect(await bench.touch("u", "c a b")).toEqual([
      "join u in c (1)",
      "join u in a (1)",
      "join u in b (1)",
    ]);
  });

  test("adding a channel joins that one only [S-005]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    expect(await bench.touch("u", "a b")).toEqual(["join u in b (1)"]);
  });

  test("each user counts once, and each join says how many there are", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    expect([await bench.touch("v", "a"), await bench.touch("w", "a")]).toEqual([
      ["join v in a (2)"],
      ["join w in a (3)"],
    ]);
  });

  test("a user who sits in as many channels as one may gets no seat more, and is told", async () => {
    const bench = await Bench.open(open);
    for (let first = 0; first < seatsPerUserMax; first += 2_000) {
      const channels = Array.from({ length: 2_000 }, (_, index) => `c${first + index}`).join(" ");
      expect((await bench.touched("u", channels)).channelsOverLimit).toEqual([]);
    }
    const { changes, channelsOverLimit } = await bench.touched("u", "c0 more evenmore");
    expect([changes, channelsOverLimit]).toEqual([[], ["more", "evenmore"]]);
    await bench.leave("u", "c0");
    expect(await bench.touch("u", "more")).toEqual(["join u in more (1)"]);
  });

  test("touches of one user at the same moment join once [S-003]", async () => {
    const bench = await Bench.open(open);
    const all = await Promise.all([bench.touch("u", "a"), bench.touch("u", "a"), bench.touch("u", "a")]);
    expect(all.flat()).toEqual(["join u in a (1)"]);
  });

  test("keysets do not see each other's seats", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    bench.keyset = "other-key" as typeof bench.keyset;
    expect(await bench.hereNow("a")).toEqual([]);
    expect(await bench.touch("u", "a")).toEqual(["join u in a (1)"]);
  });

  test("a channel's changes are counted without a gap, in one epoch", async () => {
    const bench = await Bench.open(open);
    const changes = [
      ...(await bench.touched("u", "a b")).changes,
      ...(await bench.touched("v", "a", { states: { a: '{"x":1}' } })).changes,
    ].filter((change) => change.channel === "a");
    const { revision, epoch } = await bench.view("a");
    expect(changes.map((change) => change.revision)).toEqual([1, 2, 3]);
    expect([...new Set(changes.map((change) => change.epoch)), revision]).toEqual([epoch, 3]);
  });
}

function describeDeadlines(open: OpenEngine): void {
  test("a seat lasts as long as was asked for, to the millisecond [S-009]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2 });
    bench.advance(1_999);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ["u"]]);
    bench.advance(1);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([["timeout u in a (0)"], []]);
  });

  test("a renewal moves the end [S-010]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2 });
    for (let renewals = 0; renewals < 5; renewals++) {
      bench.advance(1_500);
      await bench.touch("u", "a", { timeoutSeconds: 2 });
    }
    bench.advance(1_999);
    expect(await bench.sweep()).toEqual([]);
    bench.advance(1);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("a new seat that nothing was asked for lasts for the default [S-015]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { defaultTimeoutSeconds: 7 });
    bench.advance(6_999);
    expect(await bench.hereNow("a")).toEqual(["u"]);
    bench.advance(1);
    expect(await bench.hereNow("a")).toEqual([]);
  });

  test("a seat keeps the timeout it was given when later requests do not ask", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 5 });
    bench.advance(1_000);
    await bench.touch("u", "a", { defaultTimeoutSeconds: 300 });
    bench.advance(5_000);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("the newest timeout asked for counts, be it shorter", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 60 });
    await bench.touch("u", "a", { timeoutSeconds: 3 });
    bench.advance(3_000);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("a seat whose time is up is shown nowhere, swept or not", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2, states: { a: '{"x":1}' } });
    bench.advance(2_000);
    const occupied = await bench.engine.presence.occupied(bench.keyset, 10, bench.now);
    expect((await bench.view("a")).occupancy).toBe(0);
    expect([await bench.hereNow("a"), await bench.whereNow("u"), await bench.states("u", "a")]).toEqual([
      [],
      [],
      [undefined],
    ]);
    expect(occupied).toEqual({ channels: [], totalChannels: 0, totalOccupancy: 0 });
  });

  test("who comes back after its time was up, and before a sweep, has timed out and joins", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2 });
    bench.advance(2_000);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual([
      "timeout u in a (0)",
      "join u in a (1)",
    ]);
    expect(await bench.sweep()).toEqual([]);
  });

  test("a timeout tells the state, and leaves none behind [S-025]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2, states: { a: '{"x":1}' } });
    bench.advance(2_000);
    expect(await bench.sweep()).toEqual(['timeout u in a (0) {"x":1}']);
    await bench.touch("u", "a");
    expect(await bench.states("u", "a")).toEqual([undefined]);
  });

  test("a timeout happened at the deadline, however late it is swept", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2 });
    const deadline = bench.now + 2_000;
    bench.advance(9_000);
    const changes = await bench.engine.presence.sweep(bench.keyset, bench.now, 10);
    expect(changes.map((change) => change.at)).toEqual([deadline]);
  });

  test("a sweep ends seats in the order of their deadlines, and no more than it may", async () => {
    const bench = await Bench.open(open);
    for (const seconds of [5, 1, 4, 2, 3]) await bench.touch(`u${seconds}`, "a", { timeoutSeconds: seconds });
    bench.advance(4_000);
    expect([await bench.sweep(3), await bench.sweep(3), await bench.sweep(3)]).toEqual([
      ["timeout u1 in a (4)", "timeout u2 in a (3)", "timeout u3 in a (2)"],
      ["timeout u4 in a (1)"],
      [],
    ]);
  });

  test("sweeps at the same moment share out the ended seats, each to one of them", async () => {
    const bench = await Bench.open(open);
    for (let user = 0; user < 60; user++)
      await bench.touch(`u${user}`, `a${user % 7}`, { timeoutSeconds: 1 });
    bench.advance(1_000);
    const sweeps = await Promise.all(Array.from({ length: 8 }, () => bench.sweep(10)));
    const users = sweeps.flat().map((change) => change.split(" ")[1]);
    expect([users.length, new Set(users).size]).toEqual([60, 60]);
  });
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
