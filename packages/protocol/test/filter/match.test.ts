import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLike, isWithin } from "../../src/filter/match.ts";

/** The slow, obvious meaning of a pattern. */
function slowlyLike(text: string, pattern: string): boolean {
  if (pattern === "") return text === "";
  const rest = pattern.slice(1);
  if (pattern[0] === "*")
    return slowlyLike(text, rest) || (text !== "" && slowlyLike(text.slice(1), pattern));
  return text[0] === pattern[0] && slowlyLike(text.slice(1), rest);
}

const few = (alphabet: string, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), maxLength });

describe("matching", () => {
  it("is what the obvious definition says", () => {
    fc.assert(
      fc.property(few("ab", 10), few("ab*", 8), (text, pattern) => {
        expect(isLike(text, pattern)).toBe(slowlyLike(text, pattern));
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it("finds long parts as well as short ones", () => {
    fc.assert(
      fc.property(few("ab", 60), few("ab", 24), few("ab", 60), (before, part, after) => {
        expect(isWithin(part, before + part + after)).toBe(true);
        expect(isWithin(part, before)).toBe(before.includes(part));
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });

  it("takes time in proportion to the text, whatever the pattern", () => {
    const text = "a".repeat(30_000);
    const half = "a".repeat(1_000);
    const started = performance.now();
    for (let round = 0; round < 50; round += 1) expect(isLike(text, `*${half}b${half}*`)).toBe(false);
    // About 15 ms; the engines' own search, which backs up by half the part at every character, takes 350 and more.
    expect(performance.now() - started).toBeLessThan(150);
  });
});
