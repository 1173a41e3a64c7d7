import type { Channel, Group } from "@hereabouts/protocol";
import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, faultOf, refusalOf } from "./requests.ts";

const base = "/v1/channel-registration/sub-key/demo/channel-group";
const caller = { subscribeKey: "demo", user: "u", device: undefined };

describe("channel group commands", () => {
  it("list the groups, list one, change one, delete one", () => {
    const targets = [
      "?uuid=u",
      "/g%20r.k?uuid=u",
      "/g?add=a,b%2Ca&uuid=u",
      "/g?remove=a&uuid=u",
      "/g/remove?uuid=u",
    ];
    expect(targets.map((target) => commandOf(base + target))).toEqual([
      { kind: "list-groups", ...caller },
      { kind: "list-group", ...caller, group: "g r.k" },
      { kind: "change-group", ...caller, group: "g", add: ["a", "b"], remove: [] },
      { kind: "change-group", ...caller, group: "g", add: [], remove: ["a"] },
      { kind: "delete-group", ...caller, group: "g" },
    ]);
  });

  it("one request may add and remove, and an empty list changes nothing", () => {
    expect(commandOfKind("change-group", `${base}/g?add=a&remove=b,c`)).toMatchObject({
      add: ["a"],
      remove: ["b", "c"],
    });
    expect(commandOfKind("change-group", `${base}/g?add=`)).toMatchObject({ add: [], remove: [] });
  });

  it("wildcards and colons are reserved in every name [W-093]", () => {
    const reply = refusalOf(`${base}/g?add=x.*`);
    expect([reply.status, reply.headers["content-type"], JSON.parse(reply.body)]).toEqual([
      400,
      "application/json",
      {
        status: 400,
        error: true,
        message: "Reserved character in input parameters.",
        service: "channel-registry",
        detail: 'The channel "x.*" contains a star or a colon.',
      },
    ]);
    const targets = ["/g?add=a:b", "/g?remove=a*", "/n:g", "/g.*", "/:g/remove"];
    expect(targets.map((target) => faultOf(base + target).code)).toEqual(
      targets.map(() => "reserved-character"),
    );
  });

  it("presence names are refused: presence is tracked for what a group holds anyway", () => {
    expect(faultOf(`${base}/g?add=a-pnpres`)).toEqual({
      code: "invalid-argument",
      message: 'The channel "a-pnpres" is a presence name: leave -pnpres out.',
    });
    expect(faultOf(`${base}/g-pnpres`).code).toBe("invalid-argument");
  });

  it("a name that breaks a rule is told in the registry's dress", () => {
    expect(JSON.parse(refusalOf(`${base}/${"g".repeat(93)}`).body)).toEqual({
      status: 400,
      error: true,
      message: `The channel group "${"g".repeat(40)}…" has 93 characters, more than 92.`,
      service: "channel-registry",
    });
  });

  it("are answered in the registry's own type", () => {
    const replies = [
      encodeOutcome(commandOfKind("list-groups", base), { groups: ["g1", 'g"2'] as Group[] }),
      encodeOutcome(commandOfKind("list-group", `${base}/g`), { channels: ["a", 'b"'] as Channel[] }),
      encodeOutcome(commandOfKind("change-group", `${base}/g?add=a`), undefined),
      encodeOutcome(commandOfKind("delete-group", `${base}/g/remove`), undefined),
    ];
    const acknowledgement = '{"error":false,"message":"OK","service":"channel-registry","status":200}';
    expect(replies.map((reply) => [reply.status, reply.headers["content-type"], reply.body])).toEqual(
      [
        '{"error":false,"payload":{"groups":["g1","g\\"2"],"namespace":""},"service":"channel-registry","status":200}',
        '{"error":false,"payload":{"channels":["a","b\\""],"group":"g"},"service":"channel-registry","status":200}',
        acknowledgement,
        acknowledgement,
      ].map((body) => [200, "application/json", body]),
    );
  });
});
