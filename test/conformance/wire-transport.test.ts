/** Wire conformance: time, preflight, errors, lengths, bodies (wire specification §§ 1 to 3). */
import { deflateSync, gzipSync } from "node:zlib";
import { testKeys, testTargets } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { answerOf, bodyOf, inEachWorld, presenceOk, timetokenText } from "./support.ts";

const invalidSubscribeKey = {
  message: "Invalid Subscribe Key",
  error: true,
  service: "Access Manager",
  status: 400,
};

inEachWorld("transport", (open, kind) => {
  test("[W-001] time is one integer of 17 digits, now", async () => {
    const { world } = await open();

    const reply = await world.get("/time/0");

    expect(reply.status).toBe(200);
    expect(reply.headers["content-type"]).toMatch(/javascript|json/);
    const [, digits] = /^\[(\d{17})\]$/.exec(reply.text) ?? [];
    expect(digits, reply.text).toMatch(timetokenText);
    expect(Math.abs(Number(BigInt(digits ?? "0") / 10_000n) - world.now())).toBeLessThanOrEqual(1_000);
  });

  test("[W-002] a preflight allows every origin and method and the headers asked for", async () => {
    const { world } = await open();

    const reply = await world.get(`/v2/subscribe/${testKeys.subscribe}/a/0`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "content-type, x-own",
      },
    });

    expect([200, 204]).toContain(reply.status);
    expect(reply.headers["access-control-allow-origin"]).toBe("*");
    expect(reply.headers["access-control-allow-credentials"]).toBeUndefined();
    const methods = reply.headers["access-control-allow-methods"]?.split(/\s*,\s*/);
    expect(methods).toEqual(expect.arrayContaining(["GET", "POST", "DELETE", "OPTIONS"]));
    const allowed = reply.headers["access-control-allow-headers"]?.toLowerCase().split(/\s*,\s*/);
    expect(allowed).toEqual(expect.arrayContaining(["content-type", "x-own"]));
  });

  test("[W-002] every path answers a preflight", async () => {
    const { world } = await open();
    const targets = [
      "/",
      "/time/0",
      "/nope",
      testTargets.presence("/channel/a"),
      testTargets.group("/g"),
      "/publish/x",
      "*",
    ];

    for (const target of targets) {
      // Bun refuses the asterisk form before it becomes a request; no browser sends it.
      if (target === "*" && kind === "bun") continue;
      const reply = await world.get(target, { method: "OPTIONS" });
      expect([200, 204], target).toContain(reply.status);
      expect(reply.headers["access-control-allow-origin"], target).toBe("*");
    }
  });

  test("[W-003] every refusal is JSON, says so, and may be read by browsers", async () => {
    const { world } = await open({ policy: { globalHereNow: false } });
    const refused: readonly (readonly [number, string])[] = [
      [400, "/v2/presence/sub-key/BAD/channel/a"],
      [404, "/v2/presence/nope"],
      [404, "/"],
      [404, "/favicon.ico"],
      [414, `/time/0?x=${"x".repeat(33 * 1_024)}`],
      [400, testTargets.subscribe("a", { tt: 0, "filter-expr": "((" })],
      [400, testTargets.subscribe([], { tt: 0 })],
      [400, testTargets.presence("/channel/a/heartbeat", { uuid: "u", state: "{bad" })],
      [400, testTargets.presence("/channel/a/heartbeat")],
      [402, testTargets.presence("")],
      [400, testTargets.presence("/channel/a/uuid/u/data")],
      [400, testTargets.presence("/channel/a/uuid/u/data", { state: "[1]" })],
      [400, testTargets.group("/g", { add: "x.*" })],
      [400, `/publish/WRONG/${testKeys.subscribe}/0/a/0/1`],
      [400, testTargets.publish("a", "/nojson")],
      [400, testTargets.signal("a", `/${encodeURIComponent(JSON.stringify("x".repeat(70)))}`)],
      [400, testTargets.presence(`/channel/${"x".repeat(93)}`)],
      [400, testTargets.presence("/channel/%zz")],
      [400, testTargets.presence("/channel/%ff")],
    ];

    for (const [status, target] of refused) {
      const reply = await world.get(target);
      expect([reply.status, reply.text], target).toEqual([status, expect.any(String)]);
      bodyOf(reply, status);
    }
  });

  test("[W-004] an unknown subscribe key is refused everywhere", async () => {
    const { world } = await open();

    for (const target of [
      "/v2/presence/sub-key/BAD/channel/a",
      "/v2/presence/sub-key/BAD",
      "/v2/presence/sub-key/BAD/channel/a/heartbeat?uuid=u",
      "/v2/presence/sub-key/BAD/channel/a/leave?uuid=u",
      "/v2/presence/sub-key/BAD/uuid/u",
      "/v2/subscribe/BAD/a/0?uuid=u",
      "/v1/channel-registration/sub-key/BAD/channel-group/g",
      `/publish/${testKeys.publish}/BAD/0/a/0/1`,
    ]) {
      expect(bodyOf(await world.get(target), 400), target).toEqual(invalidSubscribeKey);
    }
  });

  test("[W-005] an unknown path is not found, in presence's form", async () => {
    const { world } = await open();

    const body = bodyOf(await world.get("/v2/presence/nope"), 404);

    expect(body).toEqual({
      message: "Not found: '/v2/presence/nope'",
      error: 1,
      service: "Presence",
      status: 404,
    });
  });

  test("[W-006] a target of 33 KiB is too long, one of 30 KiB is not", async () => {
    const { world } = await open();
    const target = (bytes: number): string => {
      const start = testTargets.presence("/channel/");
      const name = `${"x".repeat(63)},`;
      return (start + name.repeat(bytes / 64)).slice(0, bytes - 1).replace(/,*$/, "");
    };

    const tooLong = await world.get(target(33 * 1_024));
    const long = await world.get(target(30 * 1_024));

    expect(bodyOf(tooLong, 414)).toEqual({
      status: 414,
      service: "Balancer",
      error: true,
      message: "Request URI Too Long",
    });
    expect(bodyOf(long)).toEqual({
      ...presenceOk,
      payload: { channels: {}, total_channels: 0, total_occupancy: 0 },
    });
  });

  test("names in a path may be escaped in any way that means the same", async () => {
    const client = await open();
    await client.heartbeat("u", "a b/ü|!~*'()");

    for (const path of [
      "a%20b%2F%C3%BC%7C%21%7E%2A%27%28%29",
      "a%20b%2f%c3%bc%7c!~*'()",
      "%61%20%62%2F%C3%BC%7C!~%2A'%28)",
    ]) {
      const reply = await client.world.get(testTargets.presence(`/channel/${path}`));
      expect(bodyOf(reply), path).toEqual({ ...presenceOk, occupancy: 1, uuids: ["u"] });
    }
  });
});

inEachWorld(
  "bodies over sockets",
  (open) => {
    const payload = { text: "hello", list: [1, 2, 3], long: "x".repeat(300) };
    const json = JSON.stringify(payload);
    const bodies: readonly (readonly [string, string, string | Uint8Array])[] = [
      ["gzip", "zlib bytes", deflateSync(json)],
      ["gzip", "gzip bytes", gzipSync(json)],
      ["deflate", "zlib bytes", deflateSync(json)],
      ["deflate", "plain bytes", json],
      ["gzip", "plain bytes", json],
    ];

    test.each(bodies)("[W-103] a POST labelled %s with %s is published", async (label, _what, body) => {
      const client = await open();
      const cursor = await client.handshake("reader", "ch");
      const poll = await client.poll("reader", "ch", cursor);

      const reply = await client.world.post(testTargets.publish("ch", "", { uuid: "writer" }), body, {
        headers: { "content-type": "application/json", "content-encoding": label },
      });

      expect(bodyOf(reply)).toEqual([1, "Sent", expect.stringMatching(timetokenText)]);
      const { items } = await answerOf(poll);
      expect(items.map((item) => item.d)).toEqual([payload]);
    });

    test("a body that unpacks to more than a message may have is refused, and nothing is published", async () => {
      const client = await open();
      const bomb = gzipSync(JSON.stringify("x".repeat(5_000_000)));

      const reply = await client.world.post(testTargets.publish("ch", "", { uuid: "writer" }), bomb, {
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
      });

      bodyOf(reply, 413);
    });
  },
  ["bun", "node"],
);
