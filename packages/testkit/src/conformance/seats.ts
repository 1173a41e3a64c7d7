/** Rules of taking and renewing seats, and of the end of their time (semantics §§ 2, 3). */
import { seatsPerUserMax } from "@hereabouts/core";
import { describe, expect, test } from "vitest";
import { Bench, type OpenEngine } from "./bench.ts";

/** Touches and sweeps. */
export function describeSeats(open: OpenEngine): void {
  describe("taking and renewing seats", () => describeTouches(open));
  describe("the end of a seat's time", () => describeDeadlines(open));
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

  test("who asks for no timeout loses none of the time it asked for to a device that asks for less", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "browser", timeoutSeconds: 300 });
    await bench.touch("u", "a", { device: "phone", timeoutSeconds: 10 });
    bench.advance(5_000);
    await bench.touch("u", "a", { device: "browser" });
    await bench.leave("u", "a", { device: "phone" });
    bench.advance(294_999);
    expect(await bench.sweep()).toEqual([]);
    bench.advance(1);
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
