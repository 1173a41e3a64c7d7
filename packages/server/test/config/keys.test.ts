import { describe, expect, it } from "vitest";
import { keyProblem } from "../../src/config/keys.ts";

describe("keys", () => {
  it("have 1 to 92 characters", () => {
    expect(["", "k", "k".repeat(92), "\u{1f600}".repeat(92), "k".repeat(93)].map(keyProblem)).toEqual([
      "is empty",
      undefined,
      undefined,
      undefined,
      "has 93 characters, more than 92",
    ]);
  });

  it("can stand in a path and in a list", () => {
    expect(
      ["a/b", "a,b", "a b", "a\tb", "a\u00a0b", "a\u0000b", "a\u007fb", "sub-c-1:2.3%é"].map(keyProblem),
    ).toEqual([
      "contains a slash",
      "contains a comma",
      "contains white space",
      "contains white space",
      "contains white space",
      "contains a control character",
      "contains a control character",
      undefined,
    ]);
  });
});
