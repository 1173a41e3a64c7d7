import { type Timetoken, timetokenAt } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { TimetokenSource } from "../src/timetoken-source.ts";
import { start } from "./helpers.ts";

/** A source and what it reserved. */
function open(above: Timetoken = 0n): { source: TimetokenSource; reserved: Timetoken[] } {
  const reserved: Timetoken[] = [];
  const source = new TimetokenSource({ above, reserve: (ceiling) => reserved.push(ceiling) });
  return { source, reserved };
}

test("the first timetoken of a millisecond is that millisecond's", () => {
  const { source } = open();
  expect(source.next(start)).toBe(timetokenAt(start));
});

test("timetokens of one millisecond count up", () => {
  const { source } = open();
  const first = source.next(start);
  expect([source.next(start), source.next(start)]).toEqual([first + 1n, first + 2n]);
});

test("timetokens rise although the clock steps back", () => {
  const { source } = open();
  const first = source.next(start);
  expect([source.next(start - 3_600_000), source.next(start - 1)]).toEqual([first + 1n, first + 2n]);
});

test("timetokens follow the clock again once it has caught up", () => {
  const { source } = open();
  source.next(start);
  source.next(start - 5_000);
  expect(source.next(start + 1)).toBe(timetokenAt(start + 1));
});

test("more timetokens than fit a millisecond run into the next one and stay strict", () => {
  const { source } = open();
  let last = source.next(start);
  for (let count = 0; count < 25_000; count++) {
    const next = source.next(start + (count > 20_000 ? 1 : 0));
    expect(next > last).toBe(true);
    last = next;
  }
});

test("a position is at or above everything given out", () => {
  const { source } = open();
  const last = source.next(start);
  expect(source.peek(start) >= last).toBe(true);
  expect(source.peek(start - 10_000)).toBe(last);
});

test("everything later is above a position, in the same millisecond and after the clock stepped back", () => {
  const { source } = open();
  const position = source.peek(start);
  expect(source.next(start) > position).toBe(true);
  const later = source.peek(start + 7);
  expect(source.next(start - 60_000) > later).toBe(true);
});

test("a position moves on with the clock, to just below its millisecond", () => {
  const { source } = open();
  source.next(start);
  expect(source.peek(start + 40)).toBe(timetokenAt(start + 40) - 1n);
});

test("fractions of a millisecond neither repeat nor go back", () => {
  const { source } = open();
  const tokens = [
    source.next(start + 0.1),
    source.next(start + 0.7),
    source.peek(start + 0.9),
    source.next(start + 0.9),
  ];
  expect(tokens).toEqual([0n, 1n, 1n, 2n].map((step) => timetokenAt(start) + step));
});

test("nothing is given out above the ceiling that was written", () => {
  const { source, reserved } = open();
  for (let now = start; now < start + 20_000; now += 37) {
    expect(source.next(now) <= (reserved.at(-1) ?? -1n)).toBe(true);
    expect(source.peek(now + 5) <= (reserved.at(-1) ?? -1n)).toBe(true);
  }
});

test("a ceiling is written every two seconds of use, and not oftener", () => {
  const { source, reserved } = open();
  for (let now = start; now < start + 60_000; now += 10) source.next(now);
  expect(reserved.length).toBe(30);
});

test("renewing in time spares every other call the write", () => {
  const { source, reserved } = open();
  source.next(start);
  let writesOutside = 0;
  for (let now = start; now < start + 60_000; now += 100) {
    source.renew();
    const before = reserved.length;
    source.next(now);
    writesOutside += reserved.length - before;
  }
  expect(writesOutside).toBe(0);
});

test("an idle source writes nothing", () => {
  const { source, reserved } = open();
  source.next(start);
  source.renew();
  const before = reserved.length;
  for (let tick = 0; tick < 1_000; tick++) source.renew();
  expect(reserved.length).toBe(before);
});

test("a start after a kill begins above everything given out before, whatever the clock says", () => {
  const { source, reserved } = open();
  let newest = 0n;
  for (let now = start; now < start + 9_000; now += 11) newest = source.next(now);
  newest = source.peek(start + 9_500);
  const { source: restarted } = open(reserved.at(-1) ?? 0n);
  expect(restarted.peek(start - 86_400_000) >= newest).toBe(true);
  expect(restarted.next(start - 86_400_000) > newest).toBe(true);
});

test("a start after a graceful close does not run ahead of the clock", () => {
  const { source } = open();
  source.next(start);
  const { source: restarted } = open(source.last);
  expect(restarted.next(start + 5)).toBe(timetokenAt(start + 5));
});
