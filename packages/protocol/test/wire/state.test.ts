import type { Channel, State } from "@hereabouts/protocol";
import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, faultOf, refusalBodyOf } from "./requests.ts";

const channel = "/v2/presence/sub-key/demo/channel";

function presenceBody(message: string): unknown {
  return { status: 400, error: 1, message, service: "Presence" };
}

describe("setting state", () => {
  it("names whose it is and where, groups included", () => {
    const state = encodeURIComponent('{"count": 5, "name":"A  B"}');
    const target = `${channel}/a,b-pnpres/uuid/%7C.*%24/data?uuid=caller&channel-group=g&state=${state}`;
    expect(commandOf(target)).toEqual({
      kind: "set-state",
      subscribeKey: "demo",
      user: "caller",
      device: undefined,
      channels: ["a"],
      groups: ["g"],
      target: "|.*$",
      state: '{"count":5,"name":"A  B"}',
    });
  });

  it("reads a plus as the space it is [W-088]", () => {
    expect(commandOfKind("set-state", `${channel}/a/uuid/u/data?state=%7B%22a%22%3A+5%7D`).state).toBe(
      '{"a":5}',
    );
  });

  it("null clears as the empty object does", () => {
    const states = ["null", "{}"].map(
      (state) => commandOfKind("set-state", `${channel}/a/uuid/u/data?state=${state}`).state,
    );
    expect(states).toEqual(["{}", "{}"]);
  });

  it("is refused without a state [W-085]", () => {
    const targets = ["data", "data?state=", "data?State={}"].map((end) => `${channel}/a/uuid/u/${end}`);
    expect(targets.map((target) => refusalBodyOf(target))).toEqual(
      targets.map(() => [400, presenceBody("No state specified.")]),
    );
  });

  it("is refused with a state that is no object [W-086]", () => {
    const states = ["[1]", "5", "%22x%22", "true", "{", "%7Ba:1%7D"];
    expect(states.map((state) => refusalBodyOf(`${channel}/a/uuid/u/data?state=${state}`))).toEqual(
      states.map(() => [400, presenceBody("Invalid JSON specified.")]),
    );
  });

  it("is refused when it names no channel and no group", () => {
    expect(faultOf(`${channel}/,/uuid/u/data?state={}`)).toEqual({
      code: "invalid-argument",
      message: "Set state names at least one channel or channel group.",
    });
  });

  it("is refused for a user id that is none", () => {
    expect(faultOf(`${channel}/a/uuid//data?state={}`)).toEqual({
      code: "invalid-argument",
      message: 'The user id "" is empty.',
    });
  });

  it("is answered with the state as it was sent, once", () => {
    const command = commandOfKind(
      "set-state",
      `${channel}/a,b/uuid/u/data?state={%22n%22:12345678901234567890}`,
    );
    expect(encodeOutcome(command, undefined).body).toBe(
      '{"message":"OK","payload":{"n":12345678901234567890},"service":"Presence","status":200}',
    );
  });
});

describe("getting state", () => {
  const states = new Map<Channel, State | undefined>([
    ["a" as Channel, '{"x":1.50}' as State],
    ['b"' as Channel, undefined],
  ]);

  it("names whose it is and where", () => {
    expect(commandOf(`${channel}/a,b/uuid/u?channel-group=g`)).toEqual({
      kind: "get-state",
      subscribeKey: "demo",
      user: undefined,
      device: undefined,
      channels: ["a", "b"],
      groups: ["g"],
      target: "u",
      single: false,
    });
  });

  it("of one channel tells the channel", () => {
    const command = commandOfKind("get-state", `${channel}/a/uuid/u%22`);
    const bodies = [...states].map((entry) => encodeOutcome(command, { states: new Map([entry]) }).body);
    expect(bodies).toEqual([
      '{"channel":"a","message":"OK","payload":{"x":1.50},"service":"Presence","status":200,"uuid":"u\\""}',
      '{"channel":"b\\"","message":"OK","payload":{},"service":"Presence","status":200,"uuid":"u\\""}',
    ]);
  });

  it("of a presence channel alone is the empty state of no channel", () => {
    const command = commandOfKind("get-state", `${channel}/a-pnpres/uuid/u`);
    expect([command.channels, encodeOutcome(command, { states: new Map() }).body]).toEqual([
      [],
      '{"message":"OK","payload":{},"service":"Presence","status":200,"uuid":"u"}',
    ]);
  });

  it("of several channels has a member for each", () => {
    const command = commandOfKind("get-state", `${channel}/a,b/uuid/u`);
    expect(encodeOutcome(command, { states }).body).toBe(
      '{"message":"OK","payload":{"channels":{"a":{"x":1.50},"b\\"":{}}},"service":"Presence","status":200,"uuid":"u"}',
    );
  });
});
