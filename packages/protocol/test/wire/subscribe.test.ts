import type {
  Channel,
  Delivery,
  JsonText,
  MessageItem,
  PresenceItem,
  SubscribeCommand,
  SubscribeOutcome,
  UserId,
} from "@hereabouts/protocol";
import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, faultOf, refusalBodyOf } from "./requests.ts";

const path = "/v2/subscribe/demo/a/0";

describe("reading a subscribe", () => {
  it("everything a client can say is understood", () => {
    const state = encodeURIComponent('{"a":{"x": 1},"g":{"y":2}}');
    const target = `/v2/subscribe/demo/a,a-pnpres,b.*/0?tt=17579694347952403&tr=43&channel-group=g,g-pnpres&uuid=u&instanceid=d&heartbeat=20&state=${state}&filter-expr=x%3D%3D1&ee=1&details=1`;
    expect(commandOf(target)).toEqual({
      kind: "subscribe",
      subscribeKey: "demo",
      user: "u",
      device: "d",
      channels: ["a", "a-pnpres", "b.*"],
      groups: ["g", "g-pnpres"],
      after: 17_579_694_347_952_403n,
      timeoutSeconds: 20,
      state: {
        kind: "by-name",
        states: new Map([
          ["a", '{"x":1}'],
          ["g", '{"y":2}'],
        ]),
      },
      filter: {
        kind: "binary",
        operator: "==",
        left: { kind: "path", root: "meta", steps: ["x"] },
        right: { kind: "literal", value: 1 },
      },
      includeDetails: true,
    });
  });

  it("nothing but a channel makes a handshake of a plain observer", () => {
    expect(commandOf(path)).toEqual({
      kind: "subscribe",
      subscribeKey: "demo",
      user: undefined,
      device: undefined,
      channels: ["a"],
      groups: [],
      after: 0n,
      timeoutSeconds: undefined,
      state: undefined,
      filter: undefined,
      includeDetails: false,
    });
  });

  it("zero, an empty cursor and one written with its region are understood [W-028]", () => {
    const region = (text: string): string => `?t=${encodeURIComponent(text)}`;
    const cursors = [
      "?tt=0",
      "?tt=",
      region('{"r":1,"t":"0"}'),
      region('{"t":0}'),
      region('{"r":12,"t":"17579694347952403"}'),
    ];
    expect(cursors.map((query) => commandOfKind("subscribe", path + query).after)).toEqual([
      0n,
      0n,
      0n,
      0n,
      17_579_694_347_952_403n,
    ]);
  });

  it("a cursor that is none is refused", () => {
    const texts = ["tt=-1", "tt=1e3", "tt=abc", `tt=${"1".repeat(21)}`];
    expect(texts.map((query) => faultOf(`${path}?${query}`))).toEqual(
      texts.map(() => ({
        code: "invalid-argument",
        message: "The value of tt is not a timetoken of at most 20 digits.",
      })),
    );
    const objects = ["{", '{"t":17579694347952403}', '{"t":null}', "{}", "null", "[]"];
    expect(objects.map((text) => faultOf(`${path}?t=${encodeURIComponent(text)}`).message)).toEqual(
      objects.map(() => "The value of t is not a timetoken of at most 20 digits."),
    );
  });

  it("the presence timeout is brought into its range, and is none when it is no number above zero", () => {
    const values = [
      "1",
      "300",
      "3600",
      "3601",
      "99999999",
      "12.9",
      "0",
      "0.9",
      "-5",
      "abc",
      "",
      "Infinity",
      "1e400",
    ];
    expect(
      values.map((text) => commandOfKind("subscribe", `${path}?heartbeat=${text}`).timeoutSeconds),
    ).toEqual([
      1,
      300,
      3600,
      3600,
      3600,
      12,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("naming neither channels nor groups is refused [W-026]", () => {
    expect(refusalBodyOf("/v2/subscribe/demo/,/0?channel-group=,")).toEqual([
      400,
      {
        status: 400,
        error: 1,
        message: "A subscribe names at least one channel or channel group.",
        service: "Presence",
      },
    ]);
  });

  it("a malformed filter is refused, and told where [W-025]", () => {
    expect(refusalBodyOf(`${path}?filter-expr=((`)).toEqual([
      400,
      {
        status: 400,
        error: true,
        message: "Could Not Parse Request",
        service: "Access Manager",
        detail: "The filter ends too early at character 3.",
      },
    ]);
  });

  it("a filter past its limits is refused", () => {
    const long = `x==${"1".repeat(4_094)}`;
    expect(faultOf(`${path}?filter-expr=${long}`)).toEqual({
      code: "invalid-argument",
      message: "The filter has 4097 characters, more than 4096.",
    });
  });

  it("a JSONP callback is refused by name", () => {
    expect(faultOf("/v2/subscribe/demo/a/callback")).toEqual({
      code: "invalid-argument",
      message: 'The callback "callback" is not supported: write 0 in its place.',
    });
  });
});

const subscription = commandOf(path) as SubscribeCommand;
const at = 17_579_694_347_952_403n;

const message: MessageItem = {
  kind: "message",
  timetoken: at,
  channel: "a" as Channel,
  publisher: "u" as UserId,
  payload: '"hey"' as JsonText,
  meta: undefined,
  customMessageType: undefined,
  sequence: 1,
  origin: undefined,
};

const join: PresenceItem = {
  kind: "presence",
  timetoken: at,
  channel: "test-channel1-pnpres" as Channel,
  metadata: true,
  event: {
    action: "join",
    channel: "test-channel1" as Channel,
    user: "david" as UserId,
    at: 1_757_969_434_794,
    occupancy: 2,
    epoch: "life.1",
    revision: 3,
    state: undefined,
  },
};

function bodyOf(cursor: bigint, deliveries: readonly Delivery[]): string {
  return encodeOutcome(subscription, { cursor, deliveries }).body;
}

describe("writing a subscribe's answer", () => {
  it("nothing new is an empty list and a cursor of 17 digits", () => {
    expect(encodeOutcome(subscription, { cursor: 5n, deliveries: [] })).toEqual({
      status: 200,
      headers: {
        "content-type": 'text/javascript; charset="UTF-8"',
        "cache-control": "no-cache",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET",
      },
      body: '{"t":{"t":"00000000000000005","r":1},"m":[]}',
    });
  });

  it("a client that may open a stream is told so", () => {
    const outcome: SubscribeOutcome = { cursor: 5n, deliveries: [], offersStream: true };
    expect(encodeOutcome(subscription, outcome).body).toBe(
      '{"t":{"t":"00000000000000005","r":1},"m":[],"stream":1}',
    );
  });

  it("a message has no e, and b when it matched something that must be named", () => {
    expect(
      bodyOf(at + 1n, [
        { item: message, match: undefined },
        { item: message, match: 'g"1' },
      ]),
    ).toBe(
      '{"t":{"t":"17579694347952404","r":1},"m":[' +
        '{"a":"1","f":0,"i":"u","s":1,"p":{"t":"17579694347952403","r":1},"k":"demo","c":"a","d":"hey"},' +
        '{"a":"1","f":0,"i":"u","s":1,"p":{"t":"17579694347952403","r":1},"k":"demo","c":"a","d":"hey","b":"g\\"1"}]}',
    );
  });

  it("a message tells its meta, type, sequence and origin, texts unchanged", () => {
    const item: MessageItem = {
      ...message,
      publisher: undefined,
      payload: '{"n":12345678901234567890}' as JsonText,
      meta: '{"k":1.50}' as JsonText,
      customMessageType: 't"1',
      sequence: 7,
      origin: 12n,
    };
    expect(bodyOf(at, [{ item, match: undefined }])).toBe(
      '{"t":{"t":"17579694347952403","r":1},"m":[{"a":"1","f":0,"s":7,"p":{"t":"17579694347952403","r":1},' +
        '"o":{"t":"00000000000000012","r":1},"k":"demo","c":"a","u":{"k":1.50},"d":{"n":12345678901234567890},"cmt":"t\\"1"}]}',
    );
  });

  it("a signal is of type 1 and has no sequence", () => {
    expect(bodyOf(at, [{ item: { ...message, kind: "signal" }, match: undefined }])).toBe(
      '{"t":{"t":"17579694347952403","r":1},"m":[{"a":"1","f":0,"e":1,"i":"u","p":{"t":"17579694347952403","r":1},"k":"demo","c":"a","d":"hey"}]}',
    );
  });

  it("a presence event is byte for byte what clients know", () => {
    expect(bodyOf(at, [{ item: join, match: "test-channel1-pnpres" }])).toBe(
      '{"t":{"t":"17579694347952403","r":1},"m":[{"a":"1","f":0,"p":{"t":"17579694347952403","r":1},"k":"demo","c":"test-channel1-pnpres",' +
        '"u":{"pn_action":"join","pn_channel":"test-channel1","pn_ispresence":1,"pn_occupancy":2,"pn_precise_timestamp":1757969434794,"pn_timestamp":1757969434,"pn_uuid":"david"},' +
        '"d":{"action":"join","uuid":"david","timestamp":1757969434,"precise_timestamp":1757969434794,"occupancy":2,"epoch":"life.1","revision":3},"b":"test-channel1-pnpres"}]}',
    );
  });

  it("a presence event without metadata has no u", () => {
    const reply = JSON.parse(bodyOf(at, [{ item: { ...join, metadata: false }, match: undefined }]));
    expect(Object.keys(reply.m[0])).toEqual(["a", "f", "p", "k", "c", "d"]);
  });
});
