import { expect, test } from "vitest";
import { logEntriesPerChannelMax } from "../../src/limits.ts";
import { mergeRings, Ring } from "../../src/log/ring.ts";
import { channel, publicationOf, t0 } from "../support/build.ts";

function entryAt(timetoken: number) {
  return { kind: "publication", timetoken: BigInt(timetoken), publication: publicationOf("a") } as const;
}

function ringOf(...timetokens: number[]): Ring {
  const [first = 1, ...rest] = timetokens;
  const ring = new Ring(channel("a"), entryAt(first), t0);
  for (const timetoken of rest) ring.add(entryAt(timetoken));
  return ring;
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const tokensOf = (rings: Ring[], after: number, limit: number): number[] =>
  mergeRings(rings, BigInt(after), limit).map((entry) => Number(entry.timetoken));

test("a ring keeps its newest entries and forgets the oldest", () => {
  const ring = ringOf(...numbers(1, 250));
  expect([ring.length, ring.at(0).timetoken, ring.newest]).toEqual([logEntriesPerChannelMax, 151n, 250n]);
});

test("a ring finds the first entry after a timetoken, wrapped or not", () => {
  for (const last of [3, 100, 101, 175, 200]) {
    const ring = ringOf(...numbers(1, last));
    const oldest = Math.max(1, last - 99);
    for (const after of [0, oldest - 1, oldest, last - 1, last, last + 9]) {
      const expected = numbers(oldest, last).filter((timetoken) => timetoken > after);
      expect(ring.length - ring.firstAfter(BigInt(after))).toBe(expected.length);
    }
  }
});

test("several rings are read as one, in order, and a shared entry once", () => {
  const shared = entryAt(5);
  const first = ringOf(1, 4);
  const second = ringOf(2, 3);
  first.add(shared);
  second.add(shared);
  second.add(entryAt(6));
  expect(tokensOf([first, second, ringOf(7)], 1, 100)).toEqual([2, 3, 4, 5, 6, 7]);
});

test("a limit cuts the newest away", () => {
  expect(tokensOf([ringOf(1, 4, 9), ringOf(2, 3), ringOf(5, 6)], 0, 4)).toEqual([1, 2, 3, 4]);
});

test("a merge of many rings equals sorting everything", () => {
  const rings = numbers(0, 36).map((start) => ringOf(...numbers(1, 100).map((step) => step * 37 + start)));
  expect(tokensOf(rings, 500, 10_000)).toEqual(numbers(501, 3_736));
  expect(tokensOf(rings, 500, 13)).toEqual(numbers(501, 513));
});
