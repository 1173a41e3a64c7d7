import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, decoded, faultOf, now, refusalBodyOf } from "./requests.ts";

const publish = "/publish/p/demo/0/a/0";
const signal = "/signal/p/demo/0/a/0";

function json(value: string): string {
  return encodeURIComponent(value);
}

describe("publishing", () => {
  it("everything a client can say is understood", () => {
    const meta = json('{"k": "v"}');
    const target = `/publish/p/demo/0/a%2Fb/0/${json('{"n": 12345678901234567890}')}?meta=${meta}&uuid=u&instanceid=d&seqn=7&ptto=17579694347952403&ortt=${json('{"t":"17","r":1}')}&custom_message_type=t1&store=0&norep=true&ttl=5`;
    expect(commandOf(target)).toEqual({
      kind: "publish",
      subscribeKey: "demo",
      publishKey: "p",
      user: "u",
      device: "d",
      channel: "a/b",
      payload: '{"n":12345678901234567890}',
      meta: '{"k":"v"}',
      customMessageType: "t1",
      sequence: 7,
      origin: 17n,
      timetokenOverride: 17_579_694_347_952_403n,
      fire: true,
    });
  });

  it("a message is enough", () => {
    expect(commandOf(`${publish}/5`)).toEqual({
      kind: "publish",
      subscribeKey: "demo",
      publishKey: "p",
      user: undefined,
      device: undefined,
      channel: "a",
      payload: "5",
      meta: undefined,
      customMessageType: undefined,
      sequence: 1,
      origin: undefined,
      timetokenOverride: undefined,
      fire: false,
    });
  });

  it("a posted message is the body", () => {
    expect(commandOf(publish, "POST", ' {"x": 1}\n')).toEqual({
      ...commandOf(`${publish}/5`),
      payload: '{"x":1}',
    });
  });

  it("only what is neither stored nor replicated is a fire", () => {
    const queries = ["store=0&norep=1", "store=0&norep=true", "store=0", "norep=1", "store=1&norep=1"];
    expect(queries.map((query) => commandOfKind("publish", `${publish}/5?${query}`).fire)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("what is not JSON is refused, as message or as meta [W-102]", () => {
    const body = [400, [0, "Invalid JSON", String(now)]];
    const targets = [`${publish}/hello`, `${publish}/%7Bbad`, `${publish}/`, `${publish}/5?meta=%7Bbad`];
    expect(targets.map((target) => refusalBodyOf(target))).toEqual(targets.map(() => body));
    expect([undefined, "", "{"].map((text) => refusalBodyOf(publish, "POST", text))).toEqual([
      body,
      body,
      body,
    ]);
  });

  it("message and meta together have at most 32768 bytes", () => {
    const message = `"${"€".repeat(10_000)}"`;
    const meta = (bytes: number): string => `${publish}?meta=%22${"x".repeat(bytes - 2)}%22`;
    expect(decoded(meta(32_768 - 30_002), "POST", message).ok).toBe(true);
    expect(refusalBodyOf(meta(32_769 - 30_002), "POST", message)).toEqual([
      400,
      [0, "Message Too Large", String(now)],
    ]);
  });

  it("wildcard and presence channels cannot be published to", () => {
    const body = [400, [0, "Invalid Channel", String(now)]];
    const targets = ["a.*", "a.b.*", "a-pnpres"].flatMap((channel) => [
      `/publish/p/demo/0/${channel}/0/5`,
      `/signal/p/demo/0/${channel}/0/5`,
    ]);
    expect(targets.map((target) => refusalBodyOf(target))).toEqual(targets.map(() => body));
  });

  it("a channel is one name; what is wrong with it is told in an array", () => {
    expect(refusalBodyOf("/publish/p/demo/0/a,b/0/5")).toEqual([
      400,
      [0, 'The channel "a,b" contains a comma.', String(now)],
    ]);
  });

  it("values that are none are refused", () => {
    const queries = ["ptto=x", "ortt=x", "ortt=%7B%7D", `custom_message_type=${"t".repeat(51)}`];
    expect(queries.map((query) => faultOf(`${publish}/5?${query}`))).toEqual([
      { code: "invalid-argument", message: "The value of ptto is not a timetoken of at most 20 digits." },
      { code: "invalid-argument", message: "The value of ortt is not a timetoken of at most 20 digits." },
      { code: "invalid-argument", message: "The value of ortt is not a timetoken of at most 20 digits." },
      { code: "invalid-argument", message: "The custom_message_type has 51 characters, more than 50." },
    ]);
    expect(faultOf("/publish/p/demo/0/a/callback/5").code).toBe("invalid-argument");
  });

  it("a custom message type is counted in characters, not in units of UTF-16", () => {
    const typeOf = (count: number): string => encodeURIComponent("\u{1f600}".repeat(count));
    expect(commandOfKind("publish", `${publish}/5?custom_message_type=${typeOf(50)}`).customMessageType).toBe(
      "\u{1f600}".repeat(50),
    );
    expect(faultOf(`${publish}/5?custom_message_type=${typeOf(51)}`).message).toBe(
      "The custom_message_type has 51 characters, more than 50.",
    );
  });

  it("is answered with the timetoken as a text", () => {
    expect(encodeOutcome(commandOfKind("publish", `${publish}/5`), { timetoken: now })).toEqual({
      status: 200,
      headers: {
        "content-type": 'text/javascript; charset="UTF-8"',
        "cache-control": "no-cache",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST",
      },
      body: '[1,"Sent","17579694347952403"]',
    });
  });
});

describe("signalling", () => {
  it("carries a payload and perhaps a type", () => {
    expect(commandOf(`${signal}/%22x%22?uuid=u&custom_message_type=t1`)).toEqual({
      kind: "signal",
      subscribeKey: "demo",
      publishKey: "p",
      user: "u",
      device: undefined,
      channel: "a",
      payload: '"x"',
      customMessageType: "t1",
    });
  });

  it("a payload has at most 64 bytes [W-104]", () => {
    const payload = (bytes: number): string =>
      json(`"${"é".repeat((bytes - 2) / 2)}${"x".repeat(bytes % 2)}"`);
    expect(decoded(`${signal}/${payload(64)}`).ok).toBe(true);
    expect(refusalBodyOf(`${signal}/${payload(65)}`)).toEqual([
      400,
      [0, "Signal size too large", String(now)],
    ]);
  });

  it("is answered with the timetoken as a text", () => {
    const reply = encodeOutcome(commandOfKind("signal", `${signal}/5`), { timetoken: 5n });
    expect([reply.headers["access-control-allow-methods"], reply.body]).toEqual([
      "GET",
      '[1,"Sent","00000000000000005"]',
    ]);
  });
});
