/** Rules of a graceful close and the next open, for engines that keep what they hold (semantics § 20). */
import { describe, expect, test } from "vitest";
import { Bench, keysetNamed, type OpenEngine } from "./bench.ts";

/** What is there after a restart, and what nobody notices of it. */
export function describeRestarts(open: OpenEngine): void {
  describe("seats over a restart", () => describeSeats(open));
  describe("the rest over a restart", () => describeOthers(open));
}

/** Closes, lets time pass, opens. */
async function restart(bench: Bench, ms: number): Promise<void> {
  await bench.close();
  bench.advance(ms);
  await bench.reopen();
}

function describeSeats(open: OpenEngine): void {
  test("seats, states and devices are as before, and nobody joins or leaves [S-120]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("v", "a");
    await bench.touch("u", "a b", { device: "phone", states: { a: '{"x":1}' } });
    await bench.touch("u", "a", { device: "laptop" });
    const before = await bench.view("a");
    const position = await bench.position("a-pnpres b-pnpres");
    await restart(bench, 5_000);
    expect(await bench.view("a")).toEqual(before);
    expect([await bench.whereNow("u"), await bench.sweep()]).toEqual([["a", "b"], []]);
    expect(await bench.read("a-pnpres b-pnpres", position)).toEqual([]);
    expect(await bench.touch("u", "a b")).toEqual([]);
  });

  test("deadlines go on while the engine is closed", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 10 });
    bench.advance(3_000);
    await restart(bench, 6_999);
    expect(await bench.sweep()).toEqual([]);
    bench.advance(1);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("a seat whose time came meanwhile is announced once, by the first sweep", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1, states: { a: '{"x":1}' } });
    const position = await bench.position("a-pnpres");
    await restart(bench, 60_000);
    expect(await bench.hereNow("a")).toEqual([]);
    expect([await bench.sweep(), await bench.sweep()]).toEqual([['timeout u in a (0) {"x":1}'], []]);
    expect(await bench.read("a-pnpres", position)).toEqual(['timeout u in a (0) {"x":1}']);
  });

  test("a clock that stepped back meanwhile gives no seat time, and takes none", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 10 });
    bench.advance(4_000);
    await restart(bench, -3_600_000);
    bench.advance(5_999);
    expect([await bench.sweep(), await bench.hereNow("a")]).toEqual([[], ["u"]]);
    bench.advance(1);
    expect(await bench.sweep()).toEqual(["timeout u in a (0)"]);
  });

  test("a channel's count of changes goes on, a gap would show", async () => {
    const bench = await Bench.open(open);
    const { changes: before } = await bench.touched("u", "a");
    await restart(bench, 1_000);
    const { changes: after } = await bench.touched("v", "a");
    expect(after).toMatchObject([{ epoch: before[0]?.epoch, revision: 2, occupancy: 2 }]);
  });

  test("graces go on, and can still be cancelled", async () => {
    const bench = await Bench.open(open);
    for (const device of ["phone", "laptop"]) await bench.touch("u", "a", { device });
    await bench.touch("v", "a", { timeoutSeconds: 60 });
    for (const device of ["phone", "laptop"]) await bench.leave("u", "a", { device, graceMs: 3_000 });
    await bench.leave("v", "a", { graceMs: 3_000 });
    await restart(bench, 2_000);
    await bench.touch("v", "a");
    bench.advance(1_000);
    expect(await bench.sweep()).toEqual(["leave u in a (1)"]);
    bench.advance(59_000);
    expect(await bench.sweep()).toEqual(["timeout v in a (0)"]);
  });

  test("debounces and waiting states go on", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a", { debounceMs: 5_000 });
    await bench.setState("w", "a", '{"x":1}', 5_000);
    await restart(bench, 4_999);
    expect((await bench.touched("u", "a", { intent: "implied" })).refusedUntil).toBe(bench.now + 1);
    expect(await bench.states("w", "a")).toEqual(['{"x":1}']);
    bench.advance(1);
    expect(await bench.touch("u", "a", { intent: "implied" })).toEqual(["join u in a (1)"]);
    expect(await bench.states("w", "a")).toEqual([undefined]);
  });

  test("an own join of just before the restart is shown to the handshake after it", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await restart(bench, 1_000);
    const { beforeOwnJoins = 0n } = await bench.touched("u", "a");
    expect(await bench.read("a-pnpres", beforeOwnJoins)).toEqual(["join u in a (1)"]);
  });

  test("two restarts in a row lose nothing", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await restart(bench, 10);
    await restart(bench, 10);
    expect([await bench.hereNow("a"), await bench.read("a-pnpres", 0n)]).toEqual([
      ["u"],
      ["join u in a (1)"],
    ]);
  });
}

function describeOthers(open: OpenEngine): void {
  test("entries stay readable from cursors given before", async () => {
    const bench = await Bench.open(open);
    const position = await bench.position("a.b a.b-pnpres");
    await bench.publish("a.b", "1");
    await bench.touch("u", "a.b");
    const [second = 0n] = await bench.publish("a.b", "2");
    await restart(bench, 1_000);
    await bench.publish("a.b", "3");
    const all = ["a.b: 1", "join u in a.b (1)", "a.b: 2", "a.b: 3"];
    expect(await bench.read("a.b a.b-pnpres", position)).toEqual(all);
    expect(await bench.read("a.* a.*-pnpres", position)).toEqual(all);
    expect(await bench.read("a.b", second)).toEqual(["a.b: 3"]);
  });

  test.each([
    ["forward", 60_000],
    ["not at all", 0],
    ["back", -3_600_000],
  ])("timetokens and positions rise when the clock went %s meanwhile", async (_, ms) => {
    const bench = await Bench.open(open);
    const [published = 0n] = await bench.publish("a", "1");
    bench.advance(5);
    const position = await bench.position("a");
    await restart(bench, ms);
    expect((await bench.position("a")) >= position).toBe(true);
    const [later = 0n] = await bench.publish("a", "2");
    expect([position >= published, later > position]).toEqual([true, true]);
  });

  test("groups and keysets are as before", async () => {
    const bench = await Bench.open(open);
    await bench.changeGroup("g", "c a b");
    await bench.engine.keysets.replace([keysetNamed("a")]);
    await restart(bench, 1_000);
    expect(await bench.groupChannels("g")).toEqual(["c", "a", "b"]);
    expect(await bench.engine.keysets.list()).toEqual([keysetNamed("a")]);
  });
}
