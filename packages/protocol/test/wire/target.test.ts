import { describe, expect, it } from "vitest";
import { own } from "../../src/model/own.ts";
import { decodePath, decodeQuery, shownPath, splitTarget } from "../../src/wire/target.ts";

function segmentsOf(text: string): string[] | undefined {
  const target = splitTarget(text);
  return target && Array.from({ length: target.segmentCount }, (_, index) => target.segment(index));
}

function valuesOf(text: string, ...names: string[]): (string | undefined)[] {
  const target = splitTarget(text);
  return names.map((name) => target?.value(name));
}

describe("splitting a target", () => {
  it("keeps every escape in place", () => {
    const text = "/v2/a%2Cb,c/%2f/0?uuid=%75&x=a%26b";
    expect(segmentsOf(text)).toEqual(["v2", "a%2Cb,c", "%2f", "0"]);
    expect(valuesOf(text, "uuid", "x", "b", "v2")).toEqual(["%75", "a%26b", undefined, undefined]);
  });

  it("keeps empty segments, and takes a path without a query", () => {
    const texts = ["/", "/a//b/", "/a?", "/?"];
    expect(texts.map(segmentsOf)).toEqual([[""], ["a", "", "b", ""], ["a"], [""]]);
    expect(texts.map((text) => valuesOf(text, "", "a"))).toEqual(texts.map(() => [undefined, undefined]));
  });

  it("a segment is a literal when it is all of it", () => {
    const target = splitTarget("/v2/presence?v2");
    const literals = ["v2", "v", "v2/", "presence", "presenc", ""];
    expect(literals.map((literal) => target?.isSegment(0, literal))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(literals.map((literal) => target?.isSegment(1, literal))).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
    ]);
    expect([target?.isSegment(2, ""), target?.segment(2), target?.segment(-1)]).toEqual([false, "", ""]);
  });

  it("splits a pair at its first sign, and takes one without a sign as empty", () => {
    expect(valuesOf("/?auth=a=b==&ee=&flag&&=x", "auth", "ee", "flag", "", "x")).toEqual([
      "a=b==",
      "",
      "",
      "x",
      undefined,
    ]);
  });

  it("leaves slashes and question marks in the query to the query", () => {
    expect([segmentsOf("/a?x=/b?c/d"), valuesOf("/a?x=/b?c/d", "x")]).toEqual([["a"], ["/b?c/d"]]);
  });

  it("decodes a pair's name, which is nobody's when it is malformed", () => {
    const text = "/?channel%2Dgroup=g&%zz=1&channel-group=h&%78=2";
    expect(valuesOf(text, "channel-group", "%zz", "x", "channel%2Dgroup")).toEqual([
      "g",
      "1",
      "2",
      undefined,
    ]);
  });

  it("takes the path of an absolute address", () => {
    for (const text of ["http://example.com:80/time/0?a=b", "https://example.com/time/0?a=b"])
      expect([segmentsOf(text), valuesOf(text, "a")]).toEqual([["time", "0"], ["b"]]);
  });

  it("takes nothing else", () => {
    const targets = ["", "*", "time/0", "example.com:443", "http://example.com", "ftp://example.com/time/0"];
    expect(targets.map(splitTarget)).toEqual(targets.map(() => undefined));
  });

  it("splits the longest queries of nothing but ampersands or signs in linear time", () => {
    expect(valuesOf(`/?${"&".repeat(32_000)}x`, "", "x")).toEqual([undefined, ""]);
    expect(valuesOf(`/?${"a&".repeat(16_000)}x=1`, "a", "x")).toEqual(["", "1"]);
    expect(valuesOf(`/?${"=".repeat(32_000)}`, "")).toEqual(["=".repeat(31_999)]);
  });

  it("the first of several values with one name counts", () => {
    expect(valuesOf("/?a=1&b=2&a=3", "a", "b")).toEqual(["1", "2"]);
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
    const hasDots = (segment: string): boolean => splitTarget(`/a/${segment}/b`)?.hasDotSegment() ?? false;
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
