import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, decoded, faultOf } from "./requests.ts";

const presence = "/v2/presence/sub-key/demo";

function channelsOf(list: string): readonly string[] {
  return commandOfKind("subscribe", `/v2/subscribe/demo/${list}/0?channel-group=g`).channels;
}

function groupsOf(list: string): readonly string[] {
  return commandOfKind("subscribe", `/v2/subscribe/demo/,/0?channel-group=${list}`).groups;
}

describe("lists of names", () => {
  it("a comma separates channels, escaped or not", () => {
    expect(channelsOf("a,b%2Cc,d")).toEqual(["a", "b", "c", "d"]);
  });

  it("groups may be joined before or after they are escaped", () => {
    expect(groupsOf("g%201%2Cg2")).toEqual(["g 1", "g2"]);
    expect(groupsOf("g%201,g2")).toEqual(["g 1", "g2"]);
  });

  it("what is empty or there twice is dropped", () => {
    expect(channelsOf(",a,,b,a,")).toEqual(["a", "b"]);
    expect(channelsOf(",")).toEqual([]);
    expect(channelsOf("")).toEqual([]);
    expect(groupsOf("%2Cg,g%2C")).toEqual(["g"]);
  });

  it("names keep all but commas and NUL", () => {
    expect(channelsOf("a%2Fb,%7C.*,a+b,%F0%9F%98%80,!@%23$%25%5E&(),a.b.*")).toEqual([
      "a/b",
      "|.*",
      "a+b",
      "😀",
      "!@#$%^&()",
      "a.b.*",
    ]);
  });

  it("a name that breaks a rule is told, shortened, with the rule", () => {
    expect(faultOf(`${presence}/channel/a,${"x".repeat(93)}/heartbeat?uuid=u`)).toEqual({
      code: "invalid-argument",
      message: `The channel "${"x".repeat(40)}…" has 93 characters, more than 92.`,
    });
    expect(faultOf(`${presence}/channel/a%00b/leave?uuid=u`)).toEqual({
      code: "invalid-argument",
      message: 'The channel "a\\u0000b" contains a NUL character.',
    });
    expect(faultOf(`${presence}/channel/a?channel-group=-pnpres`)).toEqual({
      code: "invalid-argument",
      message: 'The channel group "-pnpres" names no channel before -pnpres.',
    });
  });

  it("a request names at most 5000 channels", () => {
    const names = Array.from({ length: 5_001 }, (_, index) => index.toString(36));
    expect(channelsOf(names.slice(1).join(",")).length).toBe(5_000);
    expect(faultOf(`/v2/subscribe/demo/${names.join(",")}/0`)).toEqual({
      code: "invalid-argument",
      message: "The request names 5001 channels, more than 5000.",
    });
  });

  it("a request names at most 10 groups, presence companions apart", () => {
    const names = Array.from({ length: 10 }, (_, index) => `g${index},g${index}-pnpres`).join(",");
    expect(groupsOf(names).length).toBe(20);
    expect(faultOf(`/v2/subscribe/demo/a/0?channel-group=${names},more`)).toEqual({
      code: "invalid-argument",
      message: "The request names more than 10 channel groups.",
    });
  });
});

describe("who asks", () => {
  it("is a user of at most 92 characters, commas included", () => {
    const target = `${presence}/channel/a?instanceid=phone&uuid=`;
    expect(commandOf(`${target}a%2Cb-pnpres`)).toMatchObject({ user: "a,b-pnpres", device: "phone" });
    expect(faultOf(`${target}${"x".repeat(93)}`)).toEqual({
      code: "invalid-argument",
      message: `The user id "${"x".repeat(40)}…" has 93 characters, more than 92.`,
    });
    expect(faultOf(`${target}%00`).message).toBe('The user id "\\u0000" contains a NUL character.');
    expect(faultOf(`${presence}/channel/a?instanceid=${"x".repeat(93)}`).message).toBe(
      `The instanceid "${"x".repeat(40)}…" has 93 characters, more than 92.`,
    );
  });

  it("may be nobody in questions and in a subscribe", () => {
    const targets = [
      `${presence}/channel/a`,
      `${presence}?uuid=`,
      `${presence}/uuid/u`,
      `${presence}/channel/a/uuid/u`,
      "/v2/subscribe/demo/a/0?uuid=",
    ];
    expect(targets.map((target) => commandOf(target))).toMatchObject(
      targets.map(() => ({ user: undefined })),
    );
  });

  it("must be somebody in heartbeats and leaves", () => {
    const fault = {
      code: "invalid-argument",
      message: "Missing uuid: say who you are with uuid=<user id>.",
    };
    const targets = ["heartbeat", "heartbeat?uuid=", "leave?uuid", "leave?user=u"];
    expect(targets.map((target) => faultOf(`${presence}/channel/a/${target}`))).toEqual(
      targets.map(() => fault),
    );
  });

  it("names a subscribe key", () => {
    expect(faultOf("/v2/subscribe//a/0")).toEqual({ code: "invalid-subscribe-key" });
  });

  it("parameters that nobody knows are ignored, whatever they hold", () => {
    expect(decoded(`${presence}/channel/a/leave?uuid=u&pnsdk=%zz&l_pres=1&x=%ff&=&=&y`).ok).toBe(true);
  });
});

describe("malformed escapes", () => {
  it("cannot be parsed, in a segment or in a value that counts", () => {
    expect(faultOf(`${presence}/channel/%ff/leave?uuid=u`)).toEqual({
      code: "could-not-parse",
      message: "A path segment has a malformed escape or an unescaped character.",
    });
    expect(faultOf(`${presence}/channel/a/leave?uuid=%C3`)).toEqual({
      code: "could-not-parse",
      message: "The value of uuid has a malformed escape or an unescaped character.",
    });
  });
});
