/** What can be seen: pages, totals, where a user sits. */

import type { Occupant } from "@hereabouts/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ledger } from "../src/ledger.ts";
import type { ChannelView, Page } from "../src/ports.ts";
import {
  channel,
  channels,
  device,
  leaveOf,
  seatOf,
  state,
  stateOf,
  t0,
  user,
  wholePage,
} from "./support/build.ts";

const open = (): Ledger => new Ledger({ epoch: "life" });

function usersOn(ledger: Ledger, page: Partial<Page>, now: number): readonly string[] | undefined {
  const view = ledger.channel(channel("a"), { ...wholePage, ...page }, now);
  return view.occupants?.map((occupant) => occupant.user);
}

test("an occupant is shown with its state, its devices and when it came", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.touch(seatOf("v", ["a"]), t0 + 7);
  ledger.setState(stateOf("v", ["a"], { k: 1 }), t0 + 8);
  expect(ledger.channel(channel("a"), wholePage, t0 + 9)).toEqual({
    channel: "a",
    occupancy: 2,
    epoch: expect.any(String),
    revision: 3,
    occupants: [
      { user: "u", state: undefined, since: t0, devices: 1 },
      { user: "v", state: state({ k: 1 }), since: t0 + 7, devices: 1 },
    ],
  });
});

test("an unknown channel is empty, and looking at it leaves nothing behind", () => {
  const ledger = open();
  expect(ledger.channel(channel("a"), wholePage, t0)).toEqual({
    channel: "a",
    occupancy: 0,
    epoch: "",
    revision: 0,
    occupants: [],
  });
  expect(ledger.counts().channels).toBe(0);
});

test("pages follow the order in which seats were taken; who comes back comes last", () => {
  const ledger = open();
  for (const name of ["u", "v", "w", "x"]) ledger.touch(seatOf(name, ["a"]), t0);
  ledger.leave(leaveOf("v", ["a"]), t0);
  ledger.touch(seatOf("v", ["a"]), t0);
  expect(usersOn(ledger, {}, t0)).toEqual(["u", "w", "x", "v"]);
  expect(usersOn(ledger, { offset: 1, limit: 2 }, t0)).toEqual(["w", "x"]);
  expect(usersOn(ledger, { offset: 3, limit: 2 }, t0)).toEqual(["v"]);
  expect(usersOn(ledger, { offset: 4, limit: 2 }, t0)).toEqual([]);
  expect(usersOn(ledger, { limit: 0 }, t0)).toEqual([]);
});

test("a view does not show a seat from its deadline on, swept or not", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a", "b"], { timeoutSeconds: 2 }), t0);
  ledger.touch(seatOf("v", ["a"], { timeoutSeconds: 9 }), t0);
  expect(usersOn(ledger, {}, t0 + 1_999)).toEqual(["u", "v"]);
  const at = t0 + 2_000;
  expect(usersOn(ledger, {}, at)).toEqual(["v"]);
  expect(usersOn(ledger, { offset: 1 }, at)).toEqual([]);
  expect(ledger.channel(channel("a"), wholePage, at).occupancy).toBe(1);
  expect(ledger.occupied(9, at)).toEqual({ channels: ["a"], totalChannels: 1, totalOccupancy: 1 });
  expect(ledger.user(user("u"), at)).toEqual([]);
  expect(ledger.seatCount).toBe(3);
});

test("a change counts the seats in the table, so that joins and ends always add up", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  const [join] = ledger.touch(seatOf("v", ["a"]), t0 + 5_000).changes;
  const [end] = ledger.sweep(t0 + 5_000, 9);
  expect([join?.occupancy, end?.occupancy]).toEqual([2, 1]);
});

test("occupants are left out when the channel is as the caller says, and only then", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 9 }), t0);
  ledger.touch(seatOf("v", ["a"], { timeoutSeconds: 2 }), t0);
  const known = ledger.channel(channel("a"), wholePage, t0);
  expect(usersOn(ledger, { unless: known }, t0)).toBeUndefined();
  expect(usersOn(ledger, { unless: { ...known, revision: 1 } }, t0)).toEqual(["u", "v"]);
  expect(usersOn(ledger, { unless: { ...known, epoch: "other" } }, t0)).toEqual(["u", "v"]);
  expect(usersOn(ledger, { unless: known }, t0 + 2_000)).toEqual(["u"]);
});

test("occupied channels are those with a live seat, in the order they came to have one", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["c", "a", "b"]), t0);
  ledger.touch(seatOf("v", ["a"]), t0);
  ledger.leave(leaveOf("u", ["c"]), t0);
  ledger.setState(stateOf("w", ["x"], { k: 1 }), t0);
  expect(ledger.occupied(9, t0)).toEqual({ channels: ["a", "b"], totalChannels: 2, totalOccupancy: 3 });
  expect(ledger.occupied(1, t0)).toEqual({ channels: ["a"], totalChannels: 2, totalOccupancy: 3 });
});

test("a user's channels come in the order it took its seats", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["c", "a", "b"]), t0);
  ledger.touch(seatOf("v", ["a", "d"]), t0);
  ledger.leave(leaveOf("u", ["a"]), t0);
  ledger.touch(seatOf("u", ["z", "a"]), t0);
  expect(ledger.user(user("u"), t0)).toEqual(["c", "b", "z", "a"]);
  expect(ledger.user(user("v"), t0)).toEqual(["a", "d"]);
  expect(ledger.user(user("w"), t0)).toEqual([]);
});

test("states come in the order of the channels asked for", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.setState(stateOf("u", ["a"], { k: 1 }), t0);
  ledger.setState(stateOf("u", ["b"], { k: 2 }), t0);
  const states = ledger.states(user("u"), channels("b", "never", "a"), t0);
  expect(states).toEqual([state({ k: 2 }), undefined, state({ k: 1 })]);
});

interface Wave {
  readonly kind: "join" | "leave" | "wait";
  readonly from: number;
  readonly count: number;
  readonly seconds: number;
}

const wave: fc.Arbitrary<Wave> = fc.record({
  kind: fc.constantFrom("join", "join", "leave", "wait"),
  from: fc.integer({ min: 0, max: 3_000 }),
  count: fc.integer({ min: 1, max: 1_500 }),
  seconds: fc.constantFrom(2, 10, 60),
});

/** Users in the order they came, with their deadlines. */
class PlainChannel {
  #deadlines = new Map<string, number>();

  join(name: string, deadline: number, now: number): void {
    if ((this.#deadlines.get(name) ?? 0) <= now) this.#deadlines.delete(name);
    this.#deadlines.set(name, deadline);
  }

  leave(name: string): void {
    this.#deadlines.delete(name);
  }

  users(now: number): string[] {
    return [...this.#deadlines].filter(([, deadline]) => deadline > now).map(([name]) => name);
  }
}

test("pages of a large channel are what a list of all its users would give, however it grew and shrank", () => {
  fc.assert(
    fc.property(fc.array(wave, { minLength: 3, maxLength: 12 }), fc.boolean(), (waves, sweeps) => {
      const ledger = open();
      const plain = new PlainChannel();
      let now = t0;
      for (const { kind, from, count, seconds } of waves) {
        now += kind === "wait" ? seconds * 500 : 1;
        for (let index = from; index < from + count; index++) {
          const name = `u${index}`;
          if (kind === "join") {
            ledger.touch(seatOf(name, ["a"], { timeoutSeconds: seconds }), now);
            plain.join(name, now + seconds * 1_000, now);
          } else if (kind === "leave" && index % 3 !== 0) {
            ledger.leave(leaveOf(name, ["a"]), now);
            plain.leave(name);
          }
        }
        if (sweeps) ledger.sweep(now, 10_000);
        const users = plain.users(now);
        expect(ledger.channel(channel("a"), { ...wholePage, limit: 0 }, now).occupancy).toBe(users.length);
        for (const offset of [0, 1, 200, 256, 700, users.length - 3, users.length]) {
          if (offset < 0) continue;
          expect(usersOn(ledger, { offset, limit: 300 }, now)).toEqual(users.slice(offset, offset + 300));
        }
      }
    }),
    { seed: 20_261_124, numRuns: 40 },
  );
}, 60_000);

describe("in a large channel", () => {
  const size = 1_200;
  const full = (): Ledger => {
    const ledger = open();
    for (let index = 0; index < size; index++) {
      ledger.touch(seatOf(`u${index}`, ["a"], { device: device("one") }), t0);
    }
    return ledger;
  };
  const page: Page = { offset: 300, limit: 600, unless: undefined };
  const read = (ledger: Ledger, now: number): ChannelView => ledger.channel(channel("a"), page, now);
  const occupant = (ledger: Ledger, name: string, now: number): Occupant | undefined =>
    read(ledger, now).occupants?.find(({ user: each }) => each === name);

  test("a page shows a state that was set after it had been read", () => {
    const ledger = full();
    read(ledger, t0);
    ledger.setState(stateOf("u500", ["a"], { k: 1 }), t0);
    expect(occupant(ledger, "u500", t0)).toEqual({
      user: "u500",
      state: state({ k: 1 }),
      since: t0,
      devices: 1,
    });
  });

  test("a page shows a second device that came after it had been read, and that it went", () => {
    const ledger = full();
    read(ledger, t0);
    ledger.touch(seatOf("u500", ["a"], { device: device("two"), timeoutSeconds: 900 }), t0 + 1);
    expect(occupant(ledger, "u500", t0 + 2)?.devices).toBe(2);
    ledger.touch(seatOf("u500", ["a"], { device: device("two"), timeoutSeconds: 900 }), t0 + 299_000);
    for (let index = 0; index < size; index++) {
      if (index !== 500) ledger.touch(seatOf(`u${index}`, ["a"], { device: device("one") }), t0 + 299_000);
    }
    expect(occupant(ledger, "u500", t0 + 299_999)?.devices).toBe(2);
    expect(occupant(ledger, "u500", t0 + 300_001)?.devices).toBe(1);
  });

  test("the runs of a page are its occupants, and two pages share the lists between them", () => {
    const ledger = full();
    const { occupants, runs = [] } = read(ledger, t0);
    expect(runs.flatMap(({ list, from, to }) => list.slice(from, to))).toEqual(occupants);
    const other = ledger.channel(channel("a"), { ...page, offset: 310 }, t0).runs ?? [];
    expect(other.map(({ list }) => list)).toEqual(runs.map(({ list }) => list));
    expect(other.every(({ list }, index) => list === runs[index]?.list)).toBe(true);
  });

  test("who leaves takes only the list apart that it was on", () => {
    const ledger = full();
    const before = read(ledger, t0).runs ?? [];
    ledger.leave(leaveOf("u300", ["a"], { device: device("one") }), t0);
    const after = read(ledger, t0).runs ?? [];
    expect(after.map(({ list }, index) => list === before[index]?.list)).toEqual([false, true, true]);
  });
});

test("a walk by places shows everybody who stays exactly once, whoever comes and goes meanwhile", () => {
  for (const size of [40, 2_000]) {
    const ledger = open();
    const name = (index: number): string => `u${index}`;
    for (let index = 0; index < size; index++) ledger.touch(seatOf(name(index), ["a"]), t0);
    const seen: string[] = [];
    const page = { offset: 0, limit: Math.ceil(size / 7), unless: undefined };
    let view = ledger.channel(channel("a"), page, t0);
    for (let step = 0; ; step++) {
      seen.push(...(view.occupants ?? []).map((occupant) => occupant.user));
      // Every tenth user leaves in the course of the walk: seen already, next to be seen, or far ahead.
      for (let index = step * 10; index < size; index += 70) ledger.leave(leaveOf(name(index), ["a"]), t0);
      ledger.touch(seatOf(`late${step}`, ["a"]), t0);
      if (view.next === undefined) break;
      view = ledger.channel(channel("a"), { ...page, after: view.next }, t0);
    }
    const stayed = Array.from({ length: size }, (_, index) => index).filter((index) => index % 10 !== 0);
    expect(stayed.filter((index) => seen.filter((other) => other === name(index)).length !== 1)).toEqual([]);
    expect(new Set(seen).size).toBe(seen.length);
  }
});

test("a place of another life is the beginning", () => {
  const ledger = open();
  for (const name of ["u", "v", "w"]) ledger.touch(seatOf(name, ["a"]), t0);
  const { next } = ledger.channel(channel("a"), { ...wholePage, limit: 1 }, t0);
  expect(next).toBeDefined();
  if (next === undefined) return;
  expect(usersOn(ledger, { after: next }, t0)).toEqual(["v", "w"]);
  expect(usersOn(ledger, { after: next, offset: 1 }, t0)).toEqual(["w"]);
  expect(usersOn(ledger, { after: { ...next, epoch: "other" } }, t0)).toEqual(["u", "v", "w"]);
});
