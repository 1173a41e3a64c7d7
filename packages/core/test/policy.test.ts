import { expect, test } from "vitest";
import { defaultPolicy, type Policy } from "../src/policy.ts";
import { policyProblems } from "../src/policy-problems.ts";

const problemsOf = (part: Partial<Policy>) => policyProblems({ ...defaultPolicy, ...part });

test("the default policy has no problems", () => {
  expect(policyProblems(defaultPolicy)).toEqual([]);
});

test("both ends of a range are in it", () => {
  expect(
    problemsOf({
      presenceTimeoutSeconds: 1,
      debounceSeconds: 0,
      hereNowStaleMs: 0,
      channelsPerGroupMax: 1,
    }),
  ).toEqual([]);
  expect(
    problemsOf({
      presenceTimeoutSeconds: 3_600,
      debounceSeconds: 60,
      hereNowStaleMs: 60_000,
      channelsPerGroupMax: 20_000,
    }),
  ).toEqual([]);
});

test("a debounce may be a fraction of a second", () => {
  expect(problemsOf({ debounceSeconds: 0.5 })).toEqual([]);
});

test("every value out of range is named, with the range", () => {
  expect(
    problemsOf({
      presenceTimeoutSeconds: 0,
      debounceSeconds: Number.NaN,
      hereNowStaleMs: 60_001,
      channelsPerGroupMax: 1.5,
    }),
  ).toEqual([
    "presenceTimeoutSeconds is 0; it must be a whole number from 1 to 3600.",
    "debounceSeconds is NaN; it must be a number from 0 to 60.",
    "hereNowStaleMs is 60001; it must be a whole number from 0 to 60000.",
    "channelsPerGroupMax is 1.5; it must be a whole number from 1 to 20000.",
  ]);
});
