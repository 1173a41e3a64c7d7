import { type JsonText, parseJsonText } from "@hereabouts/protocol";
import { describe, expect, it } from "vitest";
import { exceedsBytes, membersOf } from "../../src/wire/json-text.ts";

function members(text: string): [string, string][] {
  return [...membersOf(parseJsonText(text) ?? ("" as JsonText))];
}

describe("an object's members", () => {
  it("keep their text", () => {
    expect(
      members('{"a": 12345678901234567890, "b":{"x":[1,{"y":"},]"}]},"c":"q\\"}","d":null,"e":[],"f":1.50}'),
    ).toEqual([
      ["a", "12345678901234567890"],
      ["b", '{"x":[1,{"y":"},]"}]}'],
      ["c", '"q\\"}"'],
      ["d", "null"],
      ["e", "[]"],
      ["f", "1.50"],
    ]);
  });

  it("have decoded names, any at all", () => {
    expect(members('{"\\u0061\\"":1,"__proto__":2,"":3}')).toEqual([
      ['a"', "1"],
      ["__proto__", "2"],
      ["", "3"],
    ]);
  });

  it("of members with the same name the last counts", () => {
    expect(members('{"a":1,"b":2,"a":3}')).toEqual([
      ["a", "3"],
      ["b", "2"],
    ]);
  });

  it("are none in an empty object", () => {
    expect(members(" { } ")).toEqual([]);
  });
});

describe("a text's size", () => {
  it("is counted in bytes of UTF-8", () => {
    const texts: [string, number][] = [
      ["", 0],
      ["abc", 3],
      ["é", 2],
      ["€", 3],
      ["😀", 4],
      ["a€é😀", 10],
    ];
    for (const [text, bytes] of texts) {
      expect([text, exceedsBytes(text, bytes)]).toEqual([text, false]);
      if (bytes > 0) expect([text, exceedsBytes(text, bytes - 1)]).toEqual([text, true]);
    }
  });
});
