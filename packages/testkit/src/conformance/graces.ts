/** Rules of leases that are given up with a grace, by clients whose connection closed (semantics § 15). */
import { describe, expect, test } from "vitest";
import { Bench, type OpenEngine, seatRequest } from "./bench.ts";

const grace = { graceMs: 3_000, debounceMs: 0 };

/** Leaves that come about unless the lease is renewed meanwhile. */
export function describeGraces(open: OpenEngine): void {
  describe("giving seats up with a grace", () => describeEnds(open));
  describe("coming back within the grace", () => describeReturns(open));
  describe("graces of several devices", () => describeDevices(open));
}

function describeEnds(open: OpenEngine): void {
  test("a seat that is given up with a grace stays until it is over, and then ends as a leave with its state [S-071]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { states: { a: '{"x":1}' } });
    const position = await bench.position("a-pnpres");
    expect(await bench.leave("u", "a", grace)).toEqual([]);
    bench.advance(2_999);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ['u {"x":1}']]);
    bench.advance(1);
    expect([await bench.hereNow("a"), await bench.whereNow("u")]).toEqual([[], []]);
    expect([await bench.sweep(), await bench.sweep()]).toEqual([['leave u in a (0) {"x":1}'], []]);
    expect(await bench.states("u", "a")).toEqual([undefined]);
    expect(await bench.read("a-pnpres", position)).toEqual(['leave u in a (0) {"x":1}']);
  });

  test("the leave is told as of the end of the grace, however late it is swept", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    const endsAt = bench.now + 3_000;
    await bench.leave("u", "a", grace);
    bench.advance(60_000);
    const [change] = await bench.engine.presence.sweep(bench.keyset, bench.now, 10);
    expect([change?.kind, change?.at]).toEqual(["leave", endsAt]);
  });

  test("seats in grace and others end in the order of their time", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b");
    await bench.touch("v", "a", { timeoutSeconds: 2 });
    await bench.touch("w", "a", { timeoutSeconds: 4 });
    await bench.leave("u", "a", grace);
    bench.advance(10_000);
    expect(await bench.sweep()).toEqual(["timeout v in a (2)", "leave u in a (1)", "timeout w in a (0)"]);
    expect(await bench.whereNow("u")).toEqual(["b"]);
  });

  test("a grace makes no lease longer: one that ends before it is over times out", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b", { timeoutSeconds: 2 });
    await bench.leave("u", "a", grace);
    await bench.leave("u", "b", { ...grace, graceMs: 2_000 });
    bench.advance(2_000);
    expect((await bench.sweep()).sort()).toEqual(["timeout u in a (0)", "timeout u in b (0)"]);
  });

  test("a second grace does not make the first longer", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", grace);
    bench.advance(1_000);
    await bench.leave("u", "a", grace);
    bench.advance(2_000);
    expect(await bench.sweep()).toEqual(["leave u in a (0)"]);
  });

  test("a leave without a grace ends a seat in grace at once", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", grace);
    bench.advance(1_000);
    expect(await bench.leave("u", "a")).toEqual(["leave u in a (0)"]);
    bench.advance(10_000);
    expect(await bench.sweep()).toEqual([]);
  });

  test("a grace of nothing ends the seat at once", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    expect(await bench.leave("u", "a", { graceMs: 0, debounceMs: 0 })).toEqual(["leave u in a (0)"]);
  });

  test("a seat one does not have cannot be given up with a grace either", async () => {
    const bench = await Bench.open(open);
    await bench.touch("v", "a");
    expect(await bench.leave("u", "a b", grace)).toEqual([]);
    bench.advance(10_000);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ["v"]]);
  });
}

function describeReturns(open: OpenEngine): void {
  test("a renewal within the grace is no change, and the seat times out in its own time again [S-072]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 10 });
    await bench.leave("u", "a", grace);
    bench.advance(2_999);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual([]);
    bench.advance(9_999);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ["u"]]);
    bench.advance(1);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("a renewal that asks for nothing more cancels the grace, too", async () => {
    const bench = await Bench.open(open);
    const plain = { ...seatRequest("u", "a", { timeoutSeconds: 10 }), asksForOwnJoins: false };
    await bench.engine.presence.touch(bench.keyset, plain, bench.now);
    await bench.leave("u", "a", grace);
    bench.advance(1_000);
    expect((await bench.engine.presence.touch(bench.keyset, plain, bench.now)).changes).toEqual([]);
    bench.advance(9_999);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ["u"]]);
    bench.advance(1);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("a renewal keeps the channels it names, and the others leave", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b");
    await bench.leave("u", "a b", grace);
    bench.advance(1_000);
    await bench.touch("u", "b c");
    bench.advance(2_000);
    expect([await bench.sweep(), await bench.whereNow("u")]).toEqual([["leave u in a (0)"], ["b", "c"]]);
  });

  test("nothing but a renewal keeps a seat in grace", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", grace);
    bench.advance(1_000);
    await bench.setState("u", "a", '{"x":1}');
    bench.advance(2_000);
    expect(await bench.sweep()).toEqual(['leave u in a (0) {"x":1}']);
  });

  test("whoever comes back after the grace joins anew: first the leave, then the join, and no debounce", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", grace);
    bench.advance(3_000);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual([
      "leave u in a (0)",
      "join u in a (1)",
    ]);
    bench.advance(10_000);
    expect(await bench.sweep()).toEqual([]);
  });

  test("a seat that is taken anew has nothing of the grace before it", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", grace);
    await bench.leave("u", "a", { debounceMs: 0 });
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    bench.advance(1_000);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });
}

function describeDevices(open: OpenEngine): void {
  test("only the device's own lease ends with the grace, the seat with its last", async () => {
    const bench = await Bench.open(open);
    for (const device of ["phone", "laptop"]) await bench.touch("u", "a", { device });
    await bench.leave("u", "a", { ...grace, device: "phone" });
    bench.advance(3_000);
    expect(await bench.sweep()).toEqual([]);
    const { occupants } = await bench.view("a");
    expect(occupants?.map((occupant) => occupant.devices)).toEqual([1]);
    await bench.leave("u", "a", { ...grace, device: "laptop" });
    bench.advance(3_000);
    expect(await bench.sweep()).toEqual(["leave u in a (0)"]);
  });

  test("another device's renewal does not keep the lease, but the seat", async () => {
    const bench = await Bench.open(open);
    for (const device of ["phone", "laptop"]) {
      await bench.touch("u", "a", { device, timeoutSeconds: 20 });
      await bench.leave("u", "a", { ...grace, device });
    }
    bench.advance(1_000);
    expect(await bench.touch("u", "a", { device: "laptop" })).toEqual([]);
    bench.advance(2_000);
    expect(await bench.sweep()).toEqual([]);
    const { occupants } = await bench.view("a");
    expect(occupants?.map((occupant) => occupant.devices)).toEqual([1]);
    bench.advance(18_000);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("the end of the last lease says what it was: by its grace a leave, of itself a timeout", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "phone", timeoutSeconds: 10 });
    await bench.leave("u", "a", { ...grace, device: "phone", graceMs: 2_000 });
    await bench.touch("u", "a", { device: "laptop", timeoutSeconds: 4 });
    await bench.touch("v", "a", { device: "phone", timeoutSeconds: 1 });
    await bench.touch("v", "a", { device: "laptop", timeoutSeconds: 10 });
    await bench.leave("v", "a", { ...grace, device: "laptop", graceMs: 2_000 });
    bench.advance(10_000);
    expect(await bench.sweep()).toEqual(["leave v in a (1)", "timeout u in a (0)"]);
  });

  test("of leases that end together one in grace makes it a leave", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "phone", timeoutSeconds: 3 });
    await bench.touch("u", "a", { device: "laptop", timeoutSeconds: 10 });
    await bench.leave("u", "a", { ...grace, device: "laptop" });
    bench.advance(3_000);
    expect(await bench.sweep()).toEqual(["leave u in a (0)"]);
  });

  test("a device that holds nothing begins no grace", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { device: "phone" });
    await bench.leave("u", "a", { ...grace, device: "laptop" });
    await bench.leave("u", "a", grace);
    bench.advance(10_000);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ["u"]]);
  });
}
