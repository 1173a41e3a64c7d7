/** Rules of what is seen: channels, their pages, occupied channels, where a user is. */
import type { Page } from "@hereabouts/core";
import { describe, expect, test } from "vitest";
import { Bench, type OpenEngine } from "./bench.ts";

/** Views of channels, of the keyset and of users. */
export function describeViews(open: OpenEngine): void {
  describe("a channel's view", () => describeChannels(open));
  describe("the keyset's view", () => describeKeyset(open));
}

function describeChannels(open: OpenEngine): void {
  test("a channel nobody was ever in is empty", async () => {
    const bench = await Bench.open(open);
    const { channel, occupancy, occupants } = await bench.view("nowhere");
    expect([channel, occupancy, occupants]).toEqual(["nowhere", 0, []]);
  });

  test("occupants come in the order they took their seats, renewals or not", async () => {
    const bench = await Bench.open(open);
    for (const user of ["w", "u", "v"]) await bench.touch(user, "a");
    bench.advance(1_000);
    await bench.touch("w", "a");
    await bench.leave("u", "a");
    await bench.touch("u", "a");
    expect(await bench.hereNow("a")).toEqual(["w", "v", "u"]);
  });

  test("an occupant is shown since it took its seat", async () => {
    const bench = await Bench.open(open);
    const since = bench.now;
    await bench.touch("u", "a", { device: "phone" });
    bench.advance(1_000);
    await bench.touch("u", "a", { device: "phone" });
    const { occupants } = await bench.view("a");
    expect(occupants).toEqual([{ user: "u", state: undefined, since, devices: 1 }]);
  });

  test("pages show their part, and the occupancy of all", async () => {
    const bench = await Bench.open(open);
    for (let user = 0; user < 25; user++) await bench.touch(`u${user}`, "a");
    const page = async (offset: number, limit: number) => {
      const { occupancy, occupants } = await bench.view("a", { offset, limit });
      return [occupancy, occupants?.map((occupant) => occupant.user)];
    };
    expect(await page(0, 2)).toEqual([25, ["u0", "u1"]]);
    expect(await page(23, 10)).toEqual([25, ["u23", "u24"]]);
    expect(await page(25, 10)).toEqual([25, []]);
    expect(await page(3, 0)).toEqual([25, []]);
  });

  test("a page leaves out who is overdue, without leaving a hole", async () => {
    const bench = await Bench.open(open);
    for (let user = 0; user < 6; user++) {
      await bench.touch(`u${user}`, "a", { timeoutSeconds: user % 2 === 0 ? 1 : 60 });
    }
    bench.advance(1_000);
    const { occupancy, occupants } = await bench.view("a", { offset: 1, limit: 2 });
    expect([occupancy, occupants?.map((occupant) => occupant.user)]).toEqual([3, ["u3", "u5"]]);
  });

  test("who walks by places sees everybody who stays exactly once, whoever comes and goes", async () => {
    const bench = await Bench.open(open);
    for (let user = 0; user < 30; user++) await bench.touch(`u${user}`, "a");
    const seen: string[] = [];
    let page: Partial<Page> = { limit: 7 };
    for (let step = 0; ; step++) {
      const { occupants = [], next } = await bench.view("a", page);
      seen.push(...occupants.map((occupant) => occupant.user));
      if (next === undefined) break;
      page = { limit: 7, after: next };
      await bench.leave(`u${step}`, "a");
      await bench.leave(`u${29 - step}`, "a");
      await bench.touch(`late${step}`, "a");
    }
    const stayed = Array.from({ length: 22 }, (_, index) => `u${index + 4}`);
    expect(seen.filter((user) => stayed.includes(user))).toEqual(stayed);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("a place of another channel's life is the beginning", async () => {
    const bench = await Bench.open(open);
    for (const user of ["u", "v"]) await bench.touch(user, "a");
    const after = { epoch: "another", place: 1_000_000 };
    const { occupants } = await bench.view("a", { after });
    expect(occupants?.map((occupant) => occupant.user)).toEqual(["u", "v"]);
  });

  test("who holds a channel as it is gets no occupants, who holds it as it was gets them", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    const unless = await bench.view("a");
    expect((await bench.view("a", { unless })).occupants).toBe(undefined);
    await bench.touch("u", "a");
    expect((await bench.view("a", { unless })).occupants).toBe(undefined);
    await bench.setState("u", "a", '{"x":1}');
    expect((await bench.view("a", { unless })).occupants?.length).toBe(1);
  });

  test("a channel whose occupant is overdue is not as it was", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    const unless = await bench.view("a");
    bench.advance(1_000);
    expect(await bench.view("a", { unless })).toMatchObject({ occupancy: 0, occupants: [] });
  });

  test("a channel that was empty for a while counts on", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a");
    const { epoch } = await bench.view("a");
    bench.advance(60_000);
    const { changes } = await bench.touched("u", "a");
    expect(changes).toMatchObject([{ epoch, revision: 3 }]);
  });
}

function describeKeyset(open: OpenEngine): void {
  test("a user is where it is seated, and nowhere else", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "b a");
    await bench.touch("u", "c", { timeoutSeconds: 1 });
    await bench.touch("v", "d");
    expect(await bench.whereNow("u")).toEqual(["a", "b", "c"]);
    await bench.leave("u", "a");
    bench.advance(1_000);
    expect([await bench.whereNow("u"), await bench.whereNow("nobody")]).toEqual([["b"], []]);
  });

  test("occupied channels are listed up to a limit, and all counted", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b c");
    await bench.touch("v", "a");
    await bench.touch("w", "d");
    await bench.leave("w", "d");
    const occupied = (limit: number) => bench.engine.presence.occupied(bench.keyset, limit, bench.now);
    const all = await occupied(10);
    expect([[...all.channels].sort(), all.totalChannels, all.totalOccupancy]).toEqual([
      ["a", "b", "c"],
      3,
      4,
    ]);
    const some = await occupied(2);
    expect([new Set(some.channels).size, some.totalChannels, some.totalOccupancy]).toEqual([2, 3, 4]);
    expect(await occupied(0)).toEqual({ channels: [], totalChannels: 3, totalOccupancy: 4 });
  });

  test("states are told in the order they are asked for", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b c", { states: { a: '{"k":1}', c: '{"k":3}' } });
    expect(await bench.states("u", "c b x a")).toEqual(['{"k":3}', undefined, undefined, '{"k":1}']);
  });
}
