/** Streams on the wire: what opens one, the frames a client sends, the frames it is sent. */
import type { Channel } from "@hereabouts/protocol";
import {
  decodeStream,
  decodeStreamFrame,
  encodeError,
  encodeGap,
  encodeMove,
  encodeReady,
  isStreamTarget,
  streamFrameBytesMax,
} from "@hereabouts/protocol/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("what opens a stream", () => {
  it("has the query of a subscribe", () => {
    expect(
      decodeStream(
        "/v3/stream/demo/a,a-pnpres?tt=17579694347952403&tr=1&uuid=u&instanceid=d&channel-group=g",
      ),
    ).toEqual({
      ok: true,
      command: {
        kind: "subscribe",
        subscribeKey: "demo",
        user: "u",
        device: "d",
        channels: ["a", "a-pnpres"],
        groups: ["g"],
        after: 17_579_694_347_952_403n,
        timeoutSeconds: undefined,
        state: undefined,
        filter: undefined,
        includeDetails: false,
      },
    });
  });

  it("names something", () => {
    expect(decodeStream("/v3/stream/demo/,")).toEqual({
      ok: false,
      fault: {
        code: "invalid-argument",
        message: "A subscribe names at least one channel or channel group.",
      },
    });
  });

  it.each([
    ["a path with more segments", "/v3/stream/demo/a/0", "not-found"],
    ["a path with fewer segments", "/v3/stream/demo", "not-found"],
    ["a malformed escape", "/v3/stream/demo/%zz", "could-not-parse"],
    ["a filter that ends too early", "/v3/stream/demo/a?filter-expr=((", "could-not-parse"],
    ["a target past its limit", `/v3/stream/demo/${"a,".repeat(20_000)}`, "target-too-long"],
  ])("%s is refused", (_, target, code) => {
    const decoded = decodeStream(target);
    expect([isStreamTarget(target), decoded.ok ? undefined : decoded.fault.code]).toEqual([true, code]);
  });
});

describe("frames of a client", () => {
  it("another subscription keeps its states as they are written", () => {
    const text =
      '{ "id": 7, "subscribe": {"channels": "a,a-pnpres", "groups": "g", "filter": "x == 1", "state": {"a": {"n": 1.50}}}}';
    expect(decodeStreamFrame(text)).toEqual({
      ok: true,
      ask: {
        kind: "subscribe",
        id: 7,
        channels: ["a", "a-pnpres"],
        groups: ["g"],
        filter: {
          kind: "binary",
          operator: "==",
          left: { kind: "path", root: "meta", steps: ["x"] },
          right: { kind: "literal", value: 1 },
        },
        state: { kind: "by-name", states: new Map([["a", '{"n":1.50}']]) },
      },
    });
  });

  it("a leave names what is left", () => {
    expect(decodeStreamFrame('{"id":8,"leave":{"channels":"a"}}')).toEqual({
      ok: true,
      ask: { kind: "leave", id: 8, channels: ["a"], groups: [] },
    });
  });

  it.each([
    ["no JSON", "{", 0, "The frame is no JSON object."],
    ["no object", "null", 0, "The frame is no JSON object."],
    ["no number for an id", '{"id":"1"}', 0, "The id of a frame is a whole number from 0 to 2^53 - 1."],
    ["neither of the two", '{"id":3}', 3, 'A frame has either "subscribe" or "leave".'],
    [
      "both of the two",
      '{"id":3,"leave":{"channels":"a"},"subscribe":{"channels":"a"}}',
      3,
      'A frame has either "subscribe" or "leave".',
    ],
    ["no object to subscribe to", '{"id":3,"subscribe":"a"}', 3, '"subscribe" and "leave" are objects.'],
    [
      "channels that are no text",
      '{"id":3,"leave":{"channels":["a"]}}',
      3,
      "The value of channels is no text.",
    ],
    ["nothing named", '{"id":3,"leave":{}}', 3, "A subscribe names at least one channel or channel group."],
    [
      "a name that is none",
      '{"id":3,"leave":{"channels":"\\u0000"}}',
      3,
      'The channel "\\u0000" contains a NUL character.',
    ],
    ["too long a frame", `"${"ä".repeat(streamFrameBytesMax / 2)}"`, 0, "A frame may have 65536 bytes."],
  ])("%s is refused by name", (_, text, id, message) => {
    expect(decodeStreamFrame(text)).toEqual({ ok: false, id, fault: { code: "invalid-argument", message } });
  });

  it("a state that is no object is refused as a request's is", () => {
    expect(decodeStreamFrame('{"id":1,"subscribe":{"channels":"a","state":[1]}}')).toEqual({
      ok: false,
      id: 1,
      fault: { code: "state-invalid" },
    });
  });

  it("no text makes the decoder throw", () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((value) => `{"id":1,"subscribe":${value}}`),
    );
    fc.assert(
      fc.property(json, (text) => {
        expect(typeof decodeStreamFrame(text).ok).toBe("boolean");
      }),
    );
  });
});

describe("frames about the stream", () => {
  it("say where it goes on, what was left out, when to move and what is refused", () => {
    const cursor = 17_579_694_347_952_403n;
    expect([
      encodeReady(3, cursor),
      encodeGap(["a" as Channel, "a-pnpres" as Channel], cursor),
      encodeMove(250),
      encodeError(4, { code: "too-many-requests", message: 'Not "so" fast.' }),
      encodeError(5, { code: "state-invalid" }),
    ]).toEqual([
      '{"c":"ready","t":{"t":"17579694347952403","r":1},"id":3}',
      '{"c":"gap","channels":["a","a-pnpres"],"t":{"t":"17579694347952403","r":1}}',
      '{"c":"move","afterMs":250}',
      '{"c":"error","id":4,"status":429,"message":"Not \\"so\\" fast."}',
      '{"c":"error","id":5,"status":400,"message":"Invalid JSON specified."}',
    ]);
  });
});
