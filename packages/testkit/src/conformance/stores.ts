/** Rules of channel groups (semantics § 11, wire specification § 12). */
import { EngineError } from "@hereabouts/core";
import type { Group, SubscribeKey } from "@hereabouts/protocol";
import { describe, expect, test } from "vitest";
import { Bench, eventually, keysetNamed, names, type OpenEngine } from "./bench.ts";

/** Groups, keysets, and what is left after a close. */
export function describeStores(open: OpenEngine): void {
  describe("groups", () => describeGroups(open));
  describe("keysets", () => describeKeysets(open));
  describe("a closed engine", () => describeClosed(open));
}

function describeGroups(open: OpenEngine): void {
  test("a group holds its channels in the order they were added, each once [W-090]", async () => {
    const bench = await Bench.open(open);
    await bench.changeGroup("g", "c a");
    await bench.changeGroup("g", "b a c d");
    expect(await bench.groupChannels("g")).toEqual(["c", "a", "b", "d"]);
  });

  test("an unknown group is empty, and removing from it or deleting it is fine", async () => {
    const bench = await Bench.open(open);
    expect(await bench.changeGroup("g", "", "a")).toBe(true);
    await bench.engine.groups.drop(bench.keyset, "g" as Group);
    expect([await bench.groupChannels("g"), await bench.engine.groups.groups(bench.keyset)]).toEqual([
      [],
      [],
    ]);
  });

  test("a group exists while it has channels", async () => {
    const bench = await Bench.open(open);
    for (const group of ["h", "g", "f"]) await bench.changeGroup(group, "a b");
    await bench.changeGroup("g", "", "a b");
    await bench.engine.groups.drop(bench.keyset, "f" as Group);
    expect(await bench.engine.groups.groups(bench.keyset)).toEqual(["h"]);
  });

  test("groups are listed by name", async () => {
    const bench = await Bench.open(open);
    for (const group of ["b", "a", "c"]) await bench.changeGroup(group, "x");
    expect(await bench.engine.groups.groups(bench.keyset)).toEqual(["a", "b", "c"]);
  });

  test("one change adds first and removes then", async () => {
    const bench = await Bench.open(open);
    await bench.changeGroup("g", "a b");
    await bench.changeGroup("g", "c d", "a d");
    expect(await bench.groupChannels("g")).toEqual(["b", "c"]);
  });

  test("a change that makes a group too large changes nothing", async () => {
    const bench = await Bench.open(open);
    expect(await bench.changeGroup("g", "a b c", "", 3)).toBe(true);
    expect(await bench.changeGroup("g", "d e", "a", 3)).toBe(false);
    expect(await bench.changeGroup("g", "d", "a", 3)).toBe(true);
    expect(await bench.groupChannels("g")).toEqual(["b", "c", "d"]);
  });

  test("a group that is too large by a newer limit may shrink", async () => {
    const bench = await Bench.open(open);
    await bench.changeGroup("g", "a b c d", "", 10);
    expect([await bench.changeGroup("g", "", "a", 2), await bench.changeGroup("g", "b", "", 2)]).toEqual([
      true,
      true,
    ]);
    expect(await bench.groupChannels("g")).toEqual(["b", "c", "d"]);
  });

  test("changes asked for at once are all made, in order", async () => {
    const bench = await Bench.open(open);
    await Promise.all(Array.from({ length: 50 }, (_, index) => bench.changeGroup("g", `c${index}`)));
    expect(await bench.groupChannels("g")).toEqual(Array.from({ length: 50 }, (_, index) => `c${index}`));
  });

  test("keysets do not see each other's groups", async () => {
    const bench = await Bench.open(open);
    await bench.changeGroup("g", "a");
    bench.keyset = "other-key" as SubscribeKey;
    expect([await bench.groupChannels("g"), await bench.engine.groups.groups(bench.keyset)]).toEqual([
      [],
      [],
    ]);
  });

  test("a change wakes who watches the group, who finds it changed", async () => {
    const bench = await Bench.open(open);
    const seen: Promise<readonly string[]>[] = [];
    bench.engine.groups.watch(bench.keyset, ["g", "h"] as Group[], () => seen.push(bench.groupChannels("g")));
    await bench.changeGroup("g", "a");
    await eventually(() => seen.length > 0, "the change woke");
    expect(await seen[0]).toEqual(["a"]);
    const before = seen.length;
    await bench.engine.groups.drop(bench.keyset, "g" as Group);
    await eventually(() => seen.length > before, "the deletion woke");
    expect(await seen.at(-1)).toEqual([]);
  });

  test("who stopped watching a group is not woken", async () => {
    const bench = await Bench.open(open);
    let early = 0;
    let late = 0;
    const cancel = bench.engine.groups.watch(bench.keyset, ["g"] as Group[], () => early++);
    bench.engine.groups.watch(bench.keyset, ["g"] as Group[], () => late++);
    cancel();
    cancel();
    await bench.changeGroup("g", "a");
    await eventually(() => late > 0, "the other was woken");
    expect(early).toBe(0);
  });
}

function describeKeysets(open: OpenEngine): void {
  test("keysets are those of the last replacement", async () => {
    const bench = await Bench.open(open);
    expect(await bench.engine.keysets.list()).toEqual([]);
    await bench.engine.keysets.replace([keysetNamed("a"), keysetNamed("b")]);
    await bench.engine.keysets.replace([keysetNamed("c"), keysetNamed("b")]);
    expect(await bench.engine.keysets.list()).toEqual([keysetNamed("c"), keysetNamed("b")]);
  });

  test("a replacement wakes who watches, who finds the new ones", async () => {
    const bench = await Bench.open(open);
    const seen: Promise<unknown>[] = [];
    const cancel = bench.engine.keysets.watch(() => seen.push(bench.engine.keysets.list()));
    await bench.engine.keysets.replace([keysetNamed("a")]);
    await eventually(() => seen.length > 0, "the replacement woke");
    expect(await seen.at(-1)).toEqual([keysetNamed("a")]);
    cancel();
  });

  test("a keyset that goes takes its seats and entries along, one that stays keeps them", async () => {
    const bench = await Bench.open(open);
    const [kept, gone] = [keysetNamed("kept"), keysetNamed("gone")];
    await bench.engine.keysets.replace([kept, gone]);
    for (const { subscribeKey } of [kept, gone]) {
      bench.keyset = subscribeKey;
      await bench.touch("u", "a");
    }
    await bench.engine.keysets.replace([kept]);
    await bench.engine.keysets.replace([kept, gone]);
    const view = async ({ subscribeKey }: { subscribeKey: SubscribeKey }) => {
      bench.keyset = subscribeKey;
      return [await bench.hereNow("a"), (await bench.read("a-pnpres", 0n)).length];
    };
    expect([await view(kept), await view(gone)]).toEqual([
      [["u"], 1],
      [[], 0],
    ]);
  });
}

function describeClosed(open: OpenEngine): void {
  test("after the close every verb throws an engine error, and closing again is harmless", async () => {
    const bench = await Bench.open(open);
    const { engine, keyset, now } = bench;
    await bench.touch("u", "a");
    await engine.close(now);
    await engine.close(now);
    const verbs: (() => unknown)[] = [
      () => bench.touch("u", "a"),
      () => bench.leave("u", "a"),
      () => bench.setState("u", "a", "{}"),
      () => bench.sweep(),
      () => bench.view("a"),
      () => engine.presence.occupied(keyset, 1, now),
      () => bench.whereNow("u"),
      () => bench.states("u", "a"),
      () => bench.publish("a", "m"),
      () => bench.read("a", 0n),
      () => bench.position("a"),
      () => bench.watchLog("a", () => undefined),
      () => bench.changeGroup("g", "a"),
      () => bench.groupChannels("g"),
      () => engine.groups.groups(keyset),
      () => engine.groups.drop(keyset, "g" as Group),
      () => engine.groups.watch(keyset, names("g") as unknown as Group[], () => undefined),
      () => engine.keysets.list(),
      () => engine.keysets.replace([]),
      () => engine.keysets.watch(() => undefined),
    ];
    const codes = await Promise.all(verbs.map(errorCodeOf));
    expect(codes).toEqual(verbs.map(() => "unavailable"));
  });
}

async function errorCodeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return "none";
  } catch (error) {
    return error instanceof EngineError ? error.code : String(error);
  }
}
