/** The gate between the conformance cases and the tests: none without a test, no test of a case that is none. */
import { expect, it } from "vitest";
import { otherCases, requiredCases } from "./case-ids.ts";
import { filesBelow, withoutComments } from "./source-files.ts";

/** Which files name each case in a string: the names of tests, or of the groups they are in. */
function casesInTests(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const own = /^test\/(case-ids|cases\.test)\.ts$/;
  for (const { path, text } of filesBelow(
    ["packages", "test"],
    /^(packages\/[^/]+\/test|packages\/testkit\/src|test)\/.*\.ts$/,
  )) {
    if (own.test(path)) continue;
    for (const [, id = ""] of withoutComments(text).matchAll(/\[([WS]-\d{3})\]/g)) {
      found.set(id, [...(found.get(id) ?? []), path]);
    }
  }
  return found;
}

const tested = casesInTests();

it("every conformance case that is required has a test", () => {
  const untested = Object.entries(requiredCases).filter(([id]) => !tested.has(id));

  expect(untested.map(([id, title]) => `${id}: ${title}`)).toEqual([]);
});

it("no test names a case that does not exist", () => {
  const unknown = [...tested].filter(([id]) => !(id in requiredCases) && !(id in otherCases));

  expect(unknown).toEqual([]);
});

it("no case is both required and not", () => {
  expect(Object.keys(otherCases).filter((id) => id in requiredCases)).toEqual([]);
});
