import { describe, expect, it } from "vitest";
import {
  decodePath,
  decodeQuery,
  hasDotSegment,
  own,
  rawValue,
  shownPath,
  splitTarget,
} from "../../src/wire/target.ts";

describe("splitting a target", () => {
  it("keeps every escape in place", () => {
    expect(splitTarget("/v2/a%2Cb,c/%2f/0?uuid=%75&x=a%26b")).toEqual({
      segments: ["v2", "a%2Cb,c", "%2f", "0"],
      pairs: ["uuid", "%75", "x", "a%26b"],
    });
  });

  it("keeps empty segments, and takes a path without a query", () => {
    expect(splitTarget("/")).toEqual({ segments: [""], pairs: [] });
    expect(splitTarget("/a//b/")).toEqual({ segments: ["a", "", "b", ""], pairs: [] });
    expect(splitTarget("/a?")).toEqual({ segments: ["a"], pairs: [] });
  });

  it("splits a pair at its first sign, and takes one without a sign as empty", () => {
    expect(splitTarget("/?auth=a=b==&ee=&flag&&=x")?.pairs).toEqual([
      "auth",
      "a=b==",
      "ee",
      "",
      "flag",
      "",
      "",
      "x",
    ]);
  });

  it("leaves slashes and question marks in the query to the query", () => {
    expect(splitTarget("/a?x=/b?c/d")).toEqual({ segments: ["a"], pairs: ["x", "/b?c/d"] });
  });

  it("decodes a pair's name, which is nobody's when it is malformed", () => {
    expect(splitTarget("/?channel%2Dgroup=g&%zz=1")?.pairs).toEqual(["channel-group", "g", "%zz", "1"]);
  });

  it("takes the path of an absolute address", () => {
    const expected = { segments: ["time", "0"], pairs: ["a", "b"] };
    expect(splitTarget("http://example.com:80/time/0?a=b")).toEqual(expected);
    expect(splitTarget("https://example.com/time/0?a=b")).toEqual(expected);
  });

  it("takes nothing else", () => {
    const targets = ["", "*", "time/0", "example.com:443", "http://example.com", "ftp://example.com/time/0"];
    expect(targets.map(splitTarget)).toEqual(targets.map(() => undefined));
  });

  it("splits the longest queries of nothing but ampersands or signs in linear time", () => {
    expect(splitTarget(`/?${"&".repeat(32_000)}`)?.pairs).toEqual([]);
    expect(splitTarget(`/?${"a&".repeat(16_000)}`)?.pairs.length).toBe(32_000);
    expect(splitTarget(`/?${"=".repeat(32_000)}`)?.pairs).toEqual(["", "=".repeat(31_999)]);
  });

  it("the first of several values with one name counts", () => {
    expect(rawValue(["a", "1", "b", "2", "a", "3"], "a")).toBe("1");
    expect(rawValue(["a", "b"], "b")).toBeUndefined();
  });
});

describe("decoding", () => {
  it("a plus is a space in a query value and a plus in a path", () => {
    expect([decodePath("a+b%2Bc%20d"), decodeQuery("a+b%2Bc%20d"), decodeQuery("a+b")]).toEqual([
      "a+b+c d",
      "a b+c d",
      "a b",
    ]);
  });

  it("what clients escape beyond need comes out the same", () => {
    expect([decodePath("%21%7E%2A%27%28%29"), decodePath("!~*'()")]).toEqual(["!~*'()", "!~*'()"]);
  });

  it("escapes are strict UTF-8", () => {
    expect(decodePath("%E2%82%AC%F0%9F%98%80")).toBe("€😀");
    const malformed = [
      "%",
      "%2",
      "%zz",
      "%ff",
      "%C3",
      "%C3%28",
      "%E2%82",
      "%C0%80",
      "%ED%A0%80",
      "%F5%80%80%80",
    ];
    expect(malformed.map(decodePath)).toEqual(malformed.map(() => undefined));
    expect(malformed.map(decodeQuery)).toEqual(malformed.map(() => undefined));
  });

  it("a target has visible ASCII characters only", () => {
    const texts = ["é", "a b", "a\tb", "a\0", "\x7f", "a\n%20"];
    expect(texts.map(decodePath)).toEqual(texts.map(() => undefined));
  });

  it("dot segments are found through their escapes", () => {
    const hasDots = (segment: string): boolean => hasDotSegment(`/a/${segment}/b`, ["a", segment, "b"]);
    expect([".", "..", "%2e", "%2E.", ".%2e", "%2e%2E"].map(hasDots)).not.toContain(false);
    expect(["", "...", "a", "%2e%2e%2e", ".a", "%", "%41"].map(hasDots)).not.toContain(true);
  });

  it("a copy of a text is the same text", () => {
    for (const text of ["", "a", "€", "😀", "user-12345", "x".repeat(92), "\ud800a"])
      expect(own(text)).toBe(text);
  });
});

describe("a path in a message", () => {
  it("is without its query and at most 200 characters long", () => {
    expect(shownPath("/a/b?c=d")).toBe("/a/b");
    expect(shownPath("http://h/a?x")).toBe("/a");
    expect(shownPath("nonsense")).toBe("nonsense");
    expect(shownPath(`/${"a".repeat(199)}`)).toBe(`/${"a".repeat(199)}`);
    expect(shownPath(`/${"a".repeat(200)}`)).toBe(`/${"a".repeat(199)}…`);
  });
});
