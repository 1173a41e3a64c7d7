import {
  type Channel,
  isWildcard,
  nameProblem,
  parseState,
  presenceChannel,
  wildcardsOf,
} from "@hereabouts/protocol";
import { describe, expect, it } from "vitest";

describe("names", () => {
  it("a name may have 92 characters and no more, its presence suffix apart", () => {
    expect(nameProblem("x".repeat(92))).toBeUndefined();
    expect(nameProblem(`${"x".repeat(92)}-pnpres`)).toBeUndefined();
    expect(nameProblem("x".repeat(93))).toBe("has 93 characters, more than 92");
    expect(nameProblem("\u{1f600}".repeat(92))).toBeUndefined();
  });

  it("a name is neither empty nor holds a comma or NUL, and names something before -pnpres", () => {
    expect(nameProblem("")).toBe("is empty");
    expect(nameProblem("a,b")).toBe("contains a comma");
    expect(nameProblem("a\0")).toBe("contains a NUL character");
    expect(nameProblem("-pnpres")).toBe("names no channel before -pnpres");
  });

  it("a wildcard ends in .* and has at most two dots", () => {
    expect(["a.*", "a.b.*", "a.b.c.*", ".*", "a*", "a.*.*", "*.a"].map(isWildcard)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it("a channel is matched by the wildcards above it, and a presence channel by theirs", () => {
    expect(wildcardsOf("a.b.c.d" as Channel)).toEqual(["a.*", "a.b.*"]);
    expect(wildcardsOf("a.*" as Channel)).toEqual(["a.*"]);
    expect(wildcardsOf(presenceChannel("a.b" as Channel))).toEqual(["a.*-pnpres"]);
    expect(wildcardsOf("plain" as Channel)).toEqual([]);
  });
});

describe("states", () => {
  it("keeps its text but for white space between tokens", () => {
    expect(parseState(' {"a" : 12345678901234567890, "b": "x  y\\" z"} ')).toBe(
      '{"a":12345678901234567890,"b":"x  y\\" z"}',
    );
  });

  it("is an object; null clears", () => {
    expect([parseState("null"), parseState("[1]"), parseState("1"), parseState("{")]).toEqual([
      "{}",
      undefined,
      undefined,
      undefined,
    ]);
  });
});
