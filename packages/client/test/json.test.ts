import { expect, test } from "vitest";
import { jsonText, stateText } from "../src/json.ts";

class Point {
  readonly x = 1;
}

const cycle: { inner?: object } = {};
cycle.inner = { list: [cycle] };
const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });

test.each<readonly [unknown, string]>([
  [undefined, "state: undefined is no plain object."],
  [null, "state: null is no plain object."],
  [7, "state: 7 is no plain object."],
  ["x", "state: string is no plain object."],
  [[], "state: Array is no plain object."],
  [new Date(0), "state: Date is no plain object."],
  [new Map(), "state: Map is no plain object."],
  [new Point(), "state: Point is no plain object."],
  [{ a: [1, 2, undefined] }, "state.a[2]: undefined is not JSON."],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried here
  [{ a: [1, , 3] }, "state.a[1]: undefined is not JSON."],
  [{ a: undefined }, "state.a: undefined is not JSON."],
  [{ a: { "b c": Number.NaN } }, 'state.a["b c"]: NaN is not JSON.'],
  [{ a: Number.POSITIVE_INFINITY }, "state.a: Infinity is not JSON."],
  [{ a: 1n }, "state.a: bigint is not JSON."],
  [{ a: () => {} }, "state.a: function is not JSON."],
  [{ a: Symbol("s") }, "state.a: symbol is not JSON."],
  [{ a: new Date(0) }, "state.a: Date is not JSON."],
  [{ a: [new Point()] }, "state.a[0]: Point is not JSON."],
  [{ toJSON: () => ({}) }, "state.toJSON: function is not JSON."],
  [cycle, "state.inner.list[0]: circular or too deep."],
  [{ text: "ü".repeat(16_384) }, "state: 32779 bytes, and may have 32768."],
])("%o is refused by its path", (state, message) => {
  expect(() => stateText(state)).toThrow(expect.objectContaining({ code: "invalid-state", message }));
});

test("what is nested too deep is refused, whatever it is", () => {
  expect(() => stateText(deep(1_000))).toThrow("circular or too deep.");
  expect(JSON.parse(stateText(deep(200)))).toEqual(deep(200));
});

test("a plain object goes out as it is", () => {
  const state = {
    text: "ü\u0000\ud800",
    numbers: [0, -1.5, 1e21],
    nested: { a: [null, true, { b: [] }] },
    "": 1,
  };
  expect(JSON.parse(stateText(state))).toEqual(state);
});

test("names that other languages trip over are ordinary members", () => {
  const state = JSON.parse('{"__proto__":{"x":1},"constructor":2}');
  expect(stateText(state)).toBe('{"__proto__":{"x":1},"constructor":2}');
});

test("objects without a prototype and of other realms are plain", async () => {
  const { runInNewContext } = await import("node:vm");
  expect(stateText(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  expect(stateText(runInNewContext("({ a: [1, { b: 2 }] })"))).toBe('{"a":[1,{"b":2}]}');
});

test("a value that occurs twice is no cycle", () => {
  const shared = { x: 1 };
  expect(stateText({ a: shared, b: [shared, shared] })).toBe('{"a":{"x":1},"b":[{"x":1},{"x":1}]}');
});

test("a state of exactly 32 KiB goes out", () => {
  expect(stateText({ a: "x".repeat(32_768 - 8) })).toHaveLength(32_768);
});

test("any JSON value is a message", () => {
  expect(
    [null, true, 0, "x", [1], { a: 1 }].map((value) => jsonText(value, "message", "invalid-argument")),
  ).toEqual(["null", "true", "0", '"x"', "[1]", '{"a":1}']);
});
