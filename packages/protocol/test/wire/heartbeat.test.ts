import type { CarriedState, HeartbeatCommand } from "@hereabouts/protocol";
import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, refusalBodyOf } from "./requests.ts";

const presence = "/v2/presence/sub-key/demo";

function stateOf(query: string, channels = "a,b"): CarriedState | undefined {
  const state = query.startsWith("{") || query.startsWith("[") ? encodeURIComponent(query) : query;
  return commandOfKind(
    "heartbeat",
    `${presence}/channel/${channels}/heartbeat?uuid=u&channel-group=g&state=${state}`,
  ).state;
}

describe("heartbeats", () => {
  it("name channels and groups; presence names among them are dropped", () => {
    const target = `${presence}/channel/a,a-pnpres,b.*/heartbeat?uuid=u&instanceid=d&heartbeat=300&channel-group=g%2Cg-pnpres`;
    expect(commandOf(target)).toEqual({
      kind: "heartbeat",
      subscribeKey: "demo",
      user: "u",
      device: "d",
      channels: ["a", "b.*"],
      groups: ["g"],
      timeoutSeconds: 300,
      state: undefined,
    });
  });

  it("may name nothing that counts", () => {
    const command: HeartbeatCommand = commandOfKind(
      "heartbeat",
      `${presence}/channel/a-pnpres/heartbeat?uuid=u`,
    );
    expect([command.channels, command.groups]).toEqual([[], []]);
  });

  it("may write sub_key with an underscore", () => {
    const target = "/v2/presence/sub_key/demo/channel/a/heartbeat?uuid=u";
    expect(commandOf(target)).toEqual(commandOf(target.replace("sub_key", "sub-key")));
  });

  it("are acknowledged with three members", () => {
    const command = commandOfKind("heartbeat", `${presence}/channel/a/heartbeat?uuid=u`);
    expect(encodeOutcome(command, undefined)).toEqual({
      status: 200,
      headers: {
        "content-type": 'text/javascript; charset="UTF-8"',
        "cache-control": "no-cache",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "OPTIONS, GET, POST",
      },
      body: '{"message":"OK","service":"Presence","status":200}',
    });
  });
});

describe("the state a heartbeat carries", () => {
  it("is by name when its members are named in the request", () => {
    expect(stateOf('{"a": {"x": [1, 2]}, "g": {}, "b": null}')).toEqual({
      kind: "by-name",
      states: new Map([
        ["a", '{"x":[1,2]}'],
        ["g", "{}"],
        ["b", "{}"],
      ]),
    });
  });

  it("by name leaves out what the request does not name", () => {
    expect(stateOf('{"a":{"x":1},"other":{"y":2},"b":5}')).toEqual({
      kind: "by-name",
      states: new Map([["a", '{"x":1}']]),
    });
  });

  it("is one for every channel otherwise, its text unchanged but for white space", () => {
    const texts = ['{"mood": {"a": 1}, "n": 12345678901234567890}', '{"a":5}', '{"a":[{}]}'];
    expect(texts.map((text) => stateOf(text))).toEqual([
      { kind: "every-channel", state: '{"mood":{"a":1},"n":12345678901234567890}' },
      { kind: "every-channel", state: '{"a":5}' },
      { kind: "every-channel", state: '{"a":[{}]}' },
    ]);
  });

  it("is none when it is empty", () => {
    expect(["{}", "%7B%20%7D", "null", ""].map((text) => stateOf(text))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("is refused when it is no JSON object [W-033]", () => {
    const body = { status: 400, error: 1, message: "Invalid JSON specified.", service: "Presence" };
    const queries = ["%7Bbad", "[1]", "5", "%22x%22", "undefined"];
    expect(
      queries.map((state) => refusalBodyOf(`${presence}/channel/a/heartbeat?uuid=u&state=${state}`)),
    ).toEqual(queries.map(() => [400, body]));
  });
});
