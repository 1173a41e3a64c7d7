import fc from "fast-check";
import { expect, test } from "vitest";
import { type Timed, TimingWheel } from "../src/timing-wheel.ts";

interface Item extends Timed<Item> {
  readonly name: string;
}

let orders = 0;

function itemAt(deadline: number, name = String(deadline)): Item {
  return { name, deadline, order: ++orders, before: undefined, after: undefined };
}

function handedOut(wheel: TimingWheel<Item>, now: number): string[] {
  const names: string[] = [];
  wheel.advance(now, (item) => names.push(item.name));
  return names;
}

test("an item comes in the millisecond it is due, not before", () => {
  for (const after of [1, 511, 512, 513, 100_000, 524_288, 9_000_000, 100_000_000]) {
    const wheel = new TimingWheel<Item>(1_000);
    wheel.file(itemAt(1_000 + after, "it"));
    expect(handedOut(wheel, 999 + after)).toEqual([]);
    expect(handedOut(wheel, 1_000 + after)).toEqual(["it"]);
    expect(handedOut(wheel, 2_000 + after)).toEqual([]);
  }
});

test("items of one millisecond come in the order of their numbers, whenever they were filed", () => {
  const wheel = new TimingWheel<Item>(0);
  const [first, second, third] = [itemAt(700, "1"), itemAt(700, "2"), itemAt(700, "3")];
  wheel.file(third);
  wheel.file(first);
  handedOut(wheel, 600);
  wheel.file(second);
  expect(handedOut(wheel, 700)).toEqual(["1", "2", "3"]);
});

test("an item whose deadline was moved later comes then", () => {
  const wheel = new TimingWheel<Item>(0);
  const item = itemAt(100, "it");
  wheel.file(item);
  item.deadline = 5_000;
  expect(handedOut(wheel, 4_999)).toEqual([]);
  expect(handedOut(wheel, 5_000)).toEqual(["it"]);
});

test("an item that is due when it is filed comes with the next millisecond", () => {
  const wheel = new TimingWheel<Item>(1_000);
  wheel.file(itemAt(3, "late"));
  expect(handedOut(wheel, 1_000)).toEqual([]);
  expect(handedOut(wheel, 1_001)).toEqual(["late"]);
});

test("a wheel that lies idle for a year catches up at once", () => {
  const wheel = new TimingWheel<Item>(0);
  wheel.file(itemAt(31_536_000_000, "far"));
  expect(handedOut(wheel, 31_535_999_999)).toEqual([]);
  expect(handedOut(wheel, 31_536_000_000)).toEqual(["far"]);
});

test("in a block that has begun items are taken out, moved either way and filed again, and each comes once", () => {
  const wheel = new TimingWheel<Item>(0);
  const gone = itemAt(900, "gone");
  const earlier = itemAt(900, "earlier");
  const later = itemAt(900, "later");
  const refiled = itemAt(900, "refiled");
  for (const item of [gone, earlier, later, refiled]) wheel.file(item);
  handedOut(wheel, 600);
  wheel.remove(gone);
  earlier.deadline = 700;
  wheel.file(earlier);
  later.deadline = 1_200;
  wheel.file(refiled);
  expect(wheel.nextDue()).toBe(700);
  expect(handedOut(wheel, 899)).toEqual(["earlier"]);
  expect(handedOut(wheel, 900)).toEqual(["refiled"]);
  expect(handedOut(wheel, 1_199)).toEqual([]);
  expect(handedOut(wheel, 1_200)).toEqual(["later"]);
  expect(wheel.nextDue()).toBeUndefined();
});

test("an empty wheel has nothing due", () => {
  const wheel = new TimingWheel<Item>(0);
  const item = itemAt(77);
  wheel.file(item);
  wheel.remove(item);
  wheel.remove(item);
  expect(wheel.nextDue()).toBeUndefined();
});

test("what is due next is known to the block, and to the millisecond when it is near", () => {
  const wheel = new TimingWheel<Item>(0);
  wheel.file(itemAt(300_000));
  expect(wheel.nextDue()).toBe(299_520);
  handedOut(wheel, 299_999);
  expect(wheel.nextDue()).toBe(300_000);
});

type Action =
  | { readonly kind: "file"; readonly after: number }
  | { readonly kind: "remove" | "later" | "earlier"; readonly pick: number; readonly by: number }
  | { readonly kind: "advance"; readonly by: number };

const span = fc.oneof(
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 1, max: 600_000 }),
  fc.integer({ min: 1, max: 20_000_000 }),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant("file" as const), after: span }),
  fc.record({ kind: fc.constantFrom("remove", "later", "earlier"), pick: fc.nat(), by: span }),
  fc.record({ kind: fc.constant("advance" as const), by: span }),
);

test("a wheel hands out what a sorted list would, whatever is filed, moved and taken out", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
      let now = 1_764_000_000_000;
      const wheel = new TimingWheel<Item>(now);
      let list: Item[] = [];
      for (const each of actions) {
        if (each.kind === "file") {
          const item = itemAt(now + each.after);
          wheel.file(item);
          list.push(item);
        } else if (each.kind === "advance") {
          now += each.by;
          const due = list.filter((item) => item.deadline <= now);
          due.sort((left, right) => left.deadline - right.deadline || left.order - right.order);
          list = list.filter((item) => item.deadline > now);
          const seen: Item[] = [];
          wheel.advance(now, (item) => seen.push(item));
          expect(seen.map((item) => item.order)).toEqual(due.map((item) => item.order));
        } else {
          const item = list[each.pick % Math.max(list.length, 1)];
          if (item === undefined) continue;
          if (each.kind === "remove") {
            wheel.remove(item);
            list = list.filter((other) => other !== item);
          } else if (each.kind === "later") item.deadline += each.by;
          else {
            item.deadline = Math.max(now + 1, item.deadline - each.by);
            wheel.file(item);
          }
        }
        const soonest = Math.min(...list.map((item) => item.deadline));
        expect(wheel.nextDue() ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(soonest);
        expect(wheel.nextDue() === undefined).toBe(list.length === 0);
      }
    }),
    { seed: 20_261_124, numRuns: 200 },
  );
}, 60_000);
