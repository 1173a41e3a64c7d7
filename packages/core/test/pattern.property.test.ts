/** Patterns and the choice of a rule beside plain twins: one that tries every way, one that looks through all rules. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPattern } from "../src/pattern.ts";
import { defaultPolicy, type Policy } from "../src/policy.ts";
import { ruleFor } from "../src/rules.ts";
import { channel } from "./support/build.ts";

/** Whether a name matches, letter by letter, with every length tried for each `*`. */
function matches(pattern: string, name: string): boolean {
  if (pattern === "") return name === "";
  const [letter, rest] = [pattern[0], pattern.slice(1)];
  if (letter !== "*") return name[0] === letter && matches(rest, name.slice(1));
  return Array.from({ length: name.length + 1 }, (_, taken) => taken).some((taken) =>
    matches(rest, name.slice(taken)),
  );
}

const literals = (pattern: string): number => pattern.replaceAll("*", "").length;

/** The place of the rule in force: nothing that matches is more specific, nothing as specific comes first. */
function placeOf(patterns: readonly string[], name: string): number | undefined {
  let best: number | undefined;
  for (const [place, pattern] of patterns.entries()) {
    if (!matches(pattern, name)) continue;
    const chosen = best === undefined ? undefined : patterns[best];
    const isBetter =
      chosen === undefined ||
      (!pattern.includes("*") && chosen.includes("*")) ||
      (pattern.includes("*") === chosen.includes("*") && literals(pattern) > literals(chosen));
    if (isBetter) best = place;
  }
  return best;
}

const words = (letters: string, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength });
const somePattern = words("ab.*", 7);
const someName = words("ab.", 8);

test("a pattern matches what it matches when every way is tried", () => {
  fc.assert(
    fc.property(somePattern, someName, (pattern, name) => {
      expect([pattern, name, createPattern(pattern).matches(name)]).toEqual([
        pattern,
        name,
        matches(pattern, name),
      ]);
    }),
    { numRuns: 3_000 },
  );
});

test("a pattern matches every name that is made of it", () => {
  fc.assert(
    fc.property(
      fc.array(words("ab", 3), { minLength: 1, maxLength: 5 }),
      fc.array(words("ab", 3), { minLength: 5, maxLength: 5 }),
      (parts, fillings) => {
        const name = parts
          .map((part, index) => part + (index < parts.length - 1 ? fillings[index] : ""))
          .join("");
        expect(createPattern(parts.join("*")).matches(name)).toBe(true);
      },
    ),
  );
});

test("the rule in force is the most specific that matches, however the rules are listed", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(somePattern, { maxLength: 8 }),
      fc.array(someName, { minLength: 1, maxLength: 5 }),
      (patterns, names) => {
        const rules = patterns.map((channels, place) => ({ channels, announceMax: place }));
        const policy: Policy = { ...defaultPolicy, announceMax: 999, rules };
        // Asked twice: what is remembered is what was found.
        for (const name of [...names, ...names]) {
          const found = ruleFor(policy, channel(name)).announceMax;
          expect([patterns, name, found]).toEqual([patterns, name, placeOf(patterns, name) ?? 999]);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a pattern that almost matches in very many ways is done with at once", () => {
  const pattern = createPattern("*a*a*a*a*a*a*ab");
  const name = "a".repeat(92);
  const started = performance.now();
  for (let times = 0; times < 1_000; times += 1) expect(pattern.matches(name)).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});
