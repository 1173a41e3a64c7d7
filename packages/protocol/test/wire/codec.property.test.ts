/** The codec on everything: a command or a fault, nothing thrown, and replies that clients can read. */
import type {
  Channel,
  ChannelOccupancy,
  Delivery,
  FaultCode,
  JsonText,
  MessageItem,
  State,
  UserId,
} from "@hereabouts/protocol";
import { decodeRequest, encodeFault, encodeOutcome } from "@hereabouts/protocol/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandOfKind, now, request } from "./requests.ts";

const runs = { numRuns: 3_000 } as const;

const shapes = [
  "/time/0",
  "/v2/subscribe/~/~/0",
  "/v2/presence/sub-key/~/channel/~/heartbeat",
  "/v2/presence/sub_key/~/channel/~/leave",
  "/v2/presence/sub-key/~/channel/~",
  "/v2/presence/sub-key/~",
  "/v2/presence/sub-key/~/uuid/~",
  "/v2/presence/sub-key/~/channel/~/uuid/~/data",
  "/v2/presence/sub-key/~/channel/~/uuid/~",
  "/v1/channel-registration/sub-key/~/channel-group",
  "/v1/channel-registration/sub-key/~/channel-group/~",
  "/v1/channel-registration/sub-key/~/channel-group/~/remove",
  "/publish/~/~/0/~/0/~",
  "/publish/~/~/0/~/0",
  "/signal/~/~/0/~/0/~",
  "http://h~/v2/subscribe/~/~/~",
];
const parameters = [
  "uuid",
  "tt",
  "t",
  "tr",
  "state",
  "heartbeat",
  "channel-group",
  "filter-expr",
  "instanceid",
  "limit",
  "offset",
  "disable_uuids",
  "add",
  "remove",
  "meta",
  "seqn",
  "ptto",
  "ortt",
  "custom_message_type",
  "store",
  "norep",
  "other",
];
const pieces = [
  "a",
  "b-pnpres",
  "c.*",
  ",",
  "%2C",
  "%",
  "%ff",
  "%C3%A9",
  "%00",
  "+",
  "{",
  "}",
  "%7B%22a%22%3A1%7D",
  "[1]",
  "null",
  "0",
  "-1",
  "1e9",
  "17579694347952403",
  ".",
  "..",
  "%2e",
  "é",
  " ",
  "\0",
  "\ud800",
  "&",
  "=",
  "?",
  "#",
  "'",
  "((",
  "x".repeat(93),
  "-pnpres",
  "__proto__",
];

const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join(""));
const value = fc.oneof(soup, fc.string(), fc.string({ unit: "binary" }), fc.json().map(encodeURIComponent));
const query = fc
  .array(fc.tuple(fc.constantFrom(...parameters), value), { maxLength: 8 })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join("&"));

const routed = fc
  .tuple(fc.constantFrom(...shapes), fc.array(value, { minLength: 5, maxLength: 5 }), query)
  .map(([shape, values, pairs]) => {
    let next = 0;
    return `${shape.replace(/~/g, () => values[next++] ?? "")}?${pairs}`;
  });

const method = fc.oneof(
  { arbitrary: fc.constant("GET"), weight: 6 },
  fc.constantFrom("POST", "OPTIONS", "HEAD", "DELETE"),
  fc.string(),
);
const body = fc.option(fc.oneof(fc.json(), fc.string({ unit: "binary" })), { nil: undefined });

function check(method: string, target: string, text: string | undefined): void {
  const decoded = decodeRequest(request(method, target, text));
  if (decoded.ok) {
    expect(decoded.command.kind).toMatch(/^[a-z-]+$/);
    return;
  }
  const reply = encodeFault(decoded.fault, decoded.hint, now);
  expect(() => JSON.parse(reply.body)).not.toThrow();
  expect(reply.status).toBeGreaterThanOrEqual(400);
}

describe("decoding whatever comes", () => {
  it("any texts are a command or a fault", () => {
    fc.assert(fc.property(fc.string(), fc.string({ unit: "binary" }), body, check), { ...runs, seed: 11 });
  });

  it("any path on any method is a command or a fault", () => {
    const target = fc.oneof(soup, fc.webPath(), fc.string({ unit: "binary" })).map((text) => `/${text}`);
    fc.assert(fc.property(method, target, body, check), { ...runs, seed: 12 });
  });

  it("routes filled with anything are a command or a fault", () => {
    fc.assert(fc.property(method, routed, body, check), { ...runs, numRuns: 5_000, seed: 13 });
  });

  it("the largest targets are a command or a fault, in good time", () => {
    const started = performance.now();
    for (const piece of [...pieces, "/", "a,", "&a", "%2C", "(", "!", "a||", "%7B"]) {
      const filling = piece.repeat(Math.floor(32_000 / piece.length));
      for (const shape of shapes) check("GET", shape.replace("~", filling), undefined);
      check("GET", `/v2/subscribe/s/a/0?filter-expr=${filling}`, undefined);
      check("GET", `/v2/presence/sub-key/s/channel/a/heartbeat?uuid=u&state=${filling}`, undefined);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

const name = fc.string({ unit: fc.constantFrom(..."abc €😀\"\\/%+&?#.*|'"), minLength: 1, maxLength: 20 });
const json = fc.json() as fc.Arbitrary<JsonText>;
const states = fc.dictionary(fc.string(), fc.jsonValue()).map((object) => JSON.stringify(object) as State);

describe("decoding what was encoded", () => {
  it("names survive every way of writing them", () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), name, (channels, user) => {
        const list = channels.map(encodeURIComponent).join(",");
        const whole = encodeURIComponent(channels.join(","));
        const dots = channels.length === 1 && /^\.\.?$/.test(channels[0] ?? "");
        fc.pre(!dots);
        for (const text of [list, whole]) {
          const target = `/v2/subscribe/demo/${text}/0?channel-group=${text}&uuid=${encodeURIComponent(user)}`;
          const command = commandOfKind("subscribe", target);
          expect([command.channels, command.groups, command.user]).toEqual([channels, channels, user]);
        }
      }),
      { seed: 14, numRuns: 1_000 },
    );
  });

  it("states survive", () => {
    fc.assert(
      fc.property(states, (state) => {
        const target = `/v2/presence/sub-key/demo/channel/a/uuid/u/data?state=${encodeURIComponent(state)}`;
        fc.pre(target.length < 32_768);
        const command = commandOfKind("set-state", target);
        expect(command.state).toBe(state);
        expect(JSON.parse(encodeOutcome(command, undefined).body).payload).toEqual(JSON.parse(state));
      }),
      { seed: 15, numRuns: 1_000 },
    );
  });
});

describe("encoding whatever happened", () => {
  const text = fc.string({ unit: "binary", maxLength: 10 });
  const subscription = commandOfKind("subscribe", "/v2/subscribe/demo/a/0");

  it("messages arrive as they were published", () => {
    const message = fc.record({
      channel: text,
      publisher: text,
      payload: json,
      meta: json,
      customMessageType: text,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(message, text), { maxLength: 4 }), (messages) => {
        const deliveries = messages.map(([fields, match]): Delivery => {
          const item = { ...fields, kind: "message", timetoken: now, sequence: 1, origin: undefined };
          return { item: item as unknown as MessageItem, match };
        });
        const reply = JSON.parse(encodeOutcome(subscription, { cursor: now, deliveries }).body);
        expect(reply.m).toEqual(
          messages.map(([fields, match]) => ({
            a: "1",
            f: 0,
            i: wellFormed(fields.publisher),
            s: 1,
            p: { t: String(now), r: 1 },
            k: "demo",
            c: wellFormed(fields.channel),
            u: JSON.parse(fields.meta),
            d: JSON.parse(fields.payload),
            cmt: wellFormed(fields.customMessageType),
            b: wellFormed(match),
          })),
        );
      }),
      { seed: 16, numRuns: 1_000 },
    );
  });

  it("occupants arrive as they sit", () => {
    const occupant = fc.record({
      user: text as fc.Arbitrary<UserId>,
      state: states,
      since: fc.nat(),
      devices: fc.nat(),
    });
    fc.assert(
      fc.property(text, fc.array(occupant, { maxLength: 5 }), (channel, occupants) => {
        const occupancy: ChannelOccupancy = {
          channel: channel as Channel,
          occupancy: occupants.length + 1,
          epoch: "e",
          revision: 1,
          next: undefined,
          occupants,
        };
        const command = commandOfKind("here-now", "/v2/presence/sub-key/demo/channel/a,b?state=1");
        const outcome = { channels: [occupancy], totalChannels: 1, totalOccupancy: occupants.length + 1 };
        const { channels } = JSON.parse(encodeOutcome(command, outcome).body).payload;
        expect(Object.entries(channels)).toEqual([
          [
            channel,
            {
              occupancy: occupants.length + 1,
              uuids: occupants.map(({ user, state }) =>
                state === "{}" ? { uuid: user } : { state: JSON.parse(state), uuid: user },
              ),
            },
          ],
        ]);
      }),
      { seed: 17, numRuns: 1_000 },
    );
  });

  it("faults are JSON whatever their words", () => {
    const codes: FaultCode[] = ["invalid-argument", "not-found", "could-not-parse", "unavailable"];
    const hint = fc.record({
      part: fc.constantFrom("presence" as const, "groups" as const, "publish" as const),
      path: fc.option(text, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...codes), text, hint, (code, message, dress) => {
        const reply = encodeFault({ code, message }, dress, now);
        expect(JSON.stringify(JSON.parse(reply.body))).toBe(reply.body);
      }),
      { seed: 18, numRuns: 1_000 },
    );
  });
});

/** JSON has no way to carry half a surrogate pair but as an escape, which reads back the same. */
function wellFormed(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
