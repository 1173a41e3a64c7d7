import { type FilterInput, parseFilter, passes } from "@hereabouts/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const words = [
  "a",
  "b.c",
  "meta",
  "data",
  "data.x[0]",
  "meta['k']",
  "1",
  "2.5",
  "'t*'",
  "true",
  "toString",
  "__proto__",
];
const signs = [
  "==",
  "!=",
  "<",
  ">=",
  "&&",
  "||",
  "+",
  "-",
  "*",
  "/",
  "%",
  "!",
  "(",
  ")",
  ",",
  " like ",
  " contains ",
  "[",
  "]",
  ".",
];
const junk = fc.array(fc.constantFrom(...words, ...signs), { maxLength: 40 }).map((parts) => parts.join(""));

/** Expressions that parse. */
const expression: fc.Arbitrary<string> = fc.letrec<{ whole: string }>((tie) => ({
  whole: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(...words),
    fc
      .tuple(
        tie("whole"),
        fc.constantFrom("==", "<=", "+", "-", "%", "&&", "||", "like", "contains"),
        tie("whole"),
      )
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie("whole").map((operand) => `!${operand}`),
    fc.tuple(tie("whole"), tie("whole")).map(([first, second]) => `(${first}, ${second})`),
  ),
})).whole;

const input: fc.Arbitrary<FilterInput> = fc.record({
  meta: fc.oneof(fc.constant(undefined), fc.jsonValue()),
  data: fc.jsonValue(),
});

describe("filters of every kind", () => {
  it("any text is a filter or a fault, and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), junk), input, (text, seen) => {
        const result = parseFilter(text);
        if (result.ok) expect(typeof passes(result.value, seen)).toBe("boolean");
        else expect(result.fault.message).toMatch(/^The filter /);
      }),
      { seed: 3, numRuns: 3_000 },
    );
  });

  it("every well-formed filter says yes or no of every item", () => {
    fc.assert(
      fc.property(expression, input, (text, seen) => {
        const result = parseFilter(text);
        if (!result.ok) expect(text.length).toBeGreaterThan(4_096);
        else expect(typeof passes(result.value, seen)).toBe("boolean");
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });

  it("the longest chains are evaluated", () => {
    const seen: FilterInput = { meta: { a: 1 }, data: undefined };
    const chains = ["&&", "||", "+", "==", "-"].map((operator) => `a${`${operator}a`.repeat(1_300)}`);
    expect(
      chains.map((text) => parseFilter(text)).map((result) => result.ok && typeof passes(result.value, seen)),
    ).toEqual(chains.map(() => "boolean"));
  });
});
