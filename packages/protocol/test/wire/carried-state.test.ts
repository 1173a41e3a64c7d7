import { stateBytesMax } from "@hereabouts/protocol";
import { describe, expect, it } from "vitest";
import { readState } from "../../src/wire/carried-state.ts";
import { RequestReader } from "../../src/wire/reader.ts";
import { splitTarget } from "../../src/wire/target.ts";

function readerOf(text: string): RequestReader {
  const target = splitTarget(text);
  if (target === undefined) throw new Error(`${text} is no target`);
  return new RequestReader(target, undefined);
}

/** The fault of a state of so many bytes, past what fits into a request target. */
function faultOf(bytes: number): unknown {
  const value = `%7B%22a%22:%22${"x".repeat(bytes - '{"a":""}'.length)}%22%7D`;
  const reader = readerOf(`/?state=${value}`);
  readState(reader);
  return reader.fault;
}

describe("a state", () => {
  it("has at most 32768 bytes", () => {
    expect([faultOf(stateBytesMax), faultOf(stateBytesMax + 1)]).toEqual([
      undefined,
      { code: "state-too-large" },
    ]);
  });
});

describe("a reader", () => {
  it("keeps the first thing that is wrong", () => {
    const reader = readerOf("/%");
    reader.segment(0);
    reader.fail("internal");
    expect(reader.fault?.code).toBe("could-not-parse");
  });
});
