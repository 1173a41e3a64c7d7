/** Wire conformance: state, channel groups, publish and signal (wire specification §§ 10 to 14). */
import { publishedAt, testKeys, testTargets } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { answerOf, bodyOf, expectHeld, groupOk, inEachWorld, presenceOk, timetokenText } from "./support.ts";

inEachWorld("state", (open) => {
  const state = { count: 5, name: "Alex" };

  test("[W-080] [W-081] the state of a user who is nowhere can be set and read back", async () => {
    const client = await open();

    const set = await client.setState("u", "a", state);

    expect(bodyOf(set)).toEqual({ ...presenceOk, payload: state });
    expect(bodyOf(await client.getState("u", "a"))).toEqual({
      ...presenceOk,
      channel: "a",
      uuid: "u",
      payload: state,
    });
    expect(bodyOf(await client.hereNow("a"))).toMatchObject({ occupancy: 0 });
  });

  test("[W-082] the state in two channels is answered in the multi form", async () => {
    const client = await open();

    const set = await client.setState("u", ["a", "b"], state);
    const got = await client.getState("u", ["a", "b", "c"]);

    expect(bodyOf(set)).toEqual({ ...presenceOk, payload: state });
    expect(bodyOf(got)).toEqual({
      ...presenceOk,
      uuid: "u",
      payload: { channels: { a: state, b: state, c: {} } },
    });
  });

  test("[W-083] the state of a group is the state in each of its channels", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b"]);

    const set = await client.setState("u", [], state, { groups: ["g"] });
    const got = await client.getState("u", [], { groups: ["g"] });

    expect(bodyOf(set)).toEqual({ ...presenceOk, payload: state });
    expect(bodyOf(got)).toEqual({ ...presenceOk, uuid: "u", payload: { channels: { a: state, b: state } } });
  });

  test("[W-084] no state is the empty object", async () => {
    const client = await open();

    expect(bodyOf(await client.getState("u", "a"))).toEqual({
      ...presenceOk,
      channel: "a",
      uuid: "u",
      payload: {},
    });
  });

  test("[W-085] setting no state is refused", async () => {
    const client = await open();

    const reply = await client.world.get(testTargets.presence("/channel/a/uuid/u/data"));

    expect(bodyOf(reply, 400)).toEqual({
      status: 400,
      error: 1,
      message: "No state specified.",
      service: "Presence",
    });
  });

  test.each(["[1]", "1", '"x"', "true", "{bad", ""])("[W-086] %s is no state", async (text) => {
    const client = await open();

    const reply = await client.world.get(testTargets.presence("/channel/a/uuid/u/data", { state: text }));

    const body = bodyOf(reply, 400);
    if (text !== "") expect(body).toMatchObject({ error: 1, message: "Invalid JSON specified." });
  });

  test("[W-087] state replaces state", async () => {
    const client = await open();
    await client.setState("u", "a", { first: 1 });

    await client.setState("u", "a", { second: 2 });

    expect(bodyOf(await client.getState("u", "a"))).toMatchObject({ payload: { second: 2 } });
    expect((await client.getState("u", "a")).text).not.toContain("first");
  });

  test("[W-088] a plus in a query is a space", async () => {
    const client = await open();

    const reply = await client.world.get(
      testTargets.presence("/channel/a/uuid/u/data?state=%7B%22a%22%3A+5%7D"),
    );

    expect(bodyOf(reply)).toEqual({ ...presenceOk, payload: { a: 5 } });
    expect(bodyOf(await client.getState("u", "a"))).toMatchObject({ payload: { a: 5 } });
  });

  test.each(["null", "{}"])("state %s clears", async (text) => {
    const client = await open();
    await client.setState("u", "a", { x: 1 });

    const reply = await client.world.get(testTargets.presence("/channel/a/uuid/u/data", { state: text }));

    expect(reply.status).toBe(200);
    expect(bodyOf(await client.getState("u", "a"))).toMatchObject({ payload: {} });
  });

  test("numbers that no double holds, and the order of keys, survive unchanged", async () => {
    const client = await open();
    const text = '{"z":12345678901234567890,"a":1.10,"e":1e999}';

    await client.world.get(testTargets.presence("/channel/a/uuid/u/data", { state: text }));

    expect((await client.getState("u", "a")).text).toContain(text);
  });

  test("state named __proto__ is state like any other", async () => {
    const client = await open();
    const text = '{"__proto__":{"x":1}}';

    await client.heartbeat("__proto__", "__proto__");
    await client.world.get(testTargets.presence("/channel/__proto__/uuid/__proto__/data", { state: text }));

    expect((await client.getState("__proto__", "__proto__")).text).toContain(text);
    expect((await client.hereNow(["__proto__", "constructor"])).text).toContain('"__proto__":{"occupancy":1');
  });
});

inEachWorld("channel groups", (open) => {
  test("[W-090] [W-091] channels are added, listed, removed; groups are deleted", async () => {
    const client = await open();
    const listed = async (): Promise<unknown> => bodyOf(await client.listGroup("g"));
    const list = (channels: readonly string[]): object => ({
      error: false,
      payload: { channels, group: "g" },
      service: "channel-registry",
      status: 200,
    });

    expect(bodyOf(await client.addToGroup("g", ["a", "b"]))).toEqual(groupOk);
    expect(await listed()).toEqual(list(["a", "b"]));
    expect(bodyOf(await client.removeFromGroup("g", "a"))).toEqual(groupOk);
    expect(await listed()).toEqual(list(["b"]));
    expect(bodyOf(await client.deleteGroup("g"))).toEqual(groupOk);
    expect(await listed()).toEqual(list([]));
    expect(bodyOf(await client.deleteGroup("g"))).toEqual(groupOk);
    expect(bodyOf(await client.removeFromGroup("g", "never"))).toEqual(groupOk);
  });

  test("[W-092] the keyset's groups are listed", async () => {
    const client = await open();
    const list = (groups: readonly string[]): object => ({
      error: false,
      payload: { groups, namespace: "" },
      service: "channel-registry",
      status: 200,
    });
    expect(bodyOf(await client.listGroups())).toEqual(list([]));

    await client.addToGroup("g2", "a");
    await client.addToGroup("g1", "a");

    expect(bodyOf(await client.listGroups())).toEqual(list(["g1", "g2"]));
    await client.deleteGroup("g2");
    expect(bodyOf(await client.listGroups())).toEqual(list(["g1"]));
  });

  test.each(["x.*", "a,x.*", "a:b"])("[W-093] %s cannot be in a group", async (channels) => {
    const client = await open();

    const reply = await client.world.get(testTargets.group("/g", { add: channels }));

    expect(bodyOf(reply, 400)).toMatchObject({
      status: 400,
      message: "Reserved character in input parameters.",
      service: "channel-registry",
      error: true,
    });
    expect(bodyOf(await client.listGroup("g"))).toMatchObject({ payload: { channels: [] } });
  });

  test("a presence channel cannot be in a group", async () => {
    const client = await open();

    const reply = await client.addToGroup("g", ["a", "a-pnpres"]);

    expect(bodyOf(reply, 400)).toMatchObject({ status: 400, service: "channel-registry", error: true });
    expect(bodyOf(await client.listGroup("g"))).toMatchObject({ payload: { channels: [] } });
  });

  test("a group that would get too large is left as it was", async () => {
    const client = await open({ policy: { channelsPerGroupMax: 3 } });
    await client.addToGroup("g", ["a", "b"]);

    const reply = await client.addToGroup("g", ["c", "d"]);

    expect(bodyOf(reply, 400)).toEqual({
      status: 400,
      message: "Maximum channel group count exceeded.",
      service: "channel-registry",
      error: true,
    });
    expect(bodyOf(await client.listGroup("g"))).toMatchObject({ payload: { channels: ["a", "b"] } });
  });
});

inEachWorld("publish and signal", (open) => {
  const sent = [1, "Sent", expect.stringMatching(timetokenText)];

  test("[W-100] a string by GET and an object by POST are published", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");

    const byGet = await client.publish("writer", "a", "hey / there?");
    const byPost = await client.world.post(
      testTargets.publish("a", "", { uuid: "writer" }),
      '{"a": [1, 2]}',
      {
        headers: { "content-type": "application/json" },
      },
    );

    expect(bodyOf(byGet)).toEqual(sent);
    expect(bodyOf(byPost)).toEqual(sent);
    const { items } = await answerOf(await client.poll("u", "a", cursor));
    expect(items.map((item) => item.d)).toEqual(["hey / there?", { a: [1, 2] }]);
    expect(items.map((item) => item.p.t)).toEqual([publishedAt(byGet), publishedAt(byPost)]);
  });

  test("[W-101] another publish key is refused, for messages and signals", async () => {
    const client = await open();

    for (const verb of ["publish", "signal"]) {
      const reply = await client.world.get(`/${verb}/WRONG/${testKeys.subscribe}/0/a/0/%22x%22`);
      expect(bodyOf(reply, 400)).toEqual([0, "Invalid Key", expect.stringMatching(timetokenText)]);
    }
  });

  test.each(["nojson", "%7B", "%22", ""])(
    "[W-102] a payload that is no JSON (%s) is refused",
    async (payload) => {
      const client = await open();

      const byGet = await client.world.get(testTargets.publish("a", `/${payload}`));
      const byPost = await client.world.post(testTargets.publish("a", ""), decodeURIComponent(payload));

      const refused = [0, "Invalid JSON", expect.stringMatching(timetokenText)];
      expect(bodyOf(byPost, 400)).toEqual(refused);
      if (payload !== "") expect(bodyOf(byGet, 400)).toEqual(refused);
    },
  );

  test("[W-104] a signal may have 64 bytes and no more", async () => {
    const client = await open();

    const fits = await client.signal("writer", "a", "x".repeat(62));
    const tooLarge = await client.signal("writer", "a", "x".repeat(63));
    const wide = await client.signal("writer", "a", "ü".repeat(32));

    expect(bodyOf(fits)).toEqual(sent);
    const refused = [0, "Signal size too large", expect.stringMatching(timetokenText)];
    expect(bodyOf(tooLarge, 400)).toEqual(refused);
    expect(bodyOf(wide, 400)).toEqual(refused);
  });

  test("[W-105] a publisher's own timetoken is what it is told", async () => {
    const client = await open();

    const reply = await client.publish("writer", "a", "hey", { ptto: "16000000000000000" });

    expect(bodyOf(reply)).toEqual([1, "Sent", "16000000000000000"]);
  });

  test.each(["x.*", "a-pnpres"])("%s cannot be published to", async (channel) => {
    const client = await open();

    for (const reply of [await client.publish("w", channel, "x"), await client.signal("w", channel, "x")]) {
      expect(bodyOf(reply, 400)).toEqual([0, "Invalid Channel", expect.stringMatching(timetokenText)]);
    }
  });

  test("a message of more than 32 KiB is refused", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);
    const post = (bytes: number): Promise<unknown> =>
      client.world
        .post(testTargets.publish("a", ""), `"${"x".repeat(bytes - 2)}"`)
        .then((reply) => [reply.status, reply.json]);

    const [status, body] = (await post(32_769)) as [number, unknown];
    expect([400, 413]).toContain(status);
    expect(body).toBeDefined();
    await expectHeld(poll, client);
    expect(await post(32_768)).toEqual([200, sent]);
    expect((await answerOf(poll)).items).toHaveLength(1);
  });

  test("publishing is no activity", async () => {
    const client = await open();
    await client.publish("writer", "a", "x");
    await client.signal("writer", "a", "x");

    expect(bodyOf(await client.hereNow("a"))).toMatchObject({ occupancy: 0 });
  });

  test("timetokens of messages rise without a gap in time, too", async () => {
    const client = await open();
    const timetokens: bigint[] = [];
    for (let number = 0; number < 50; number += 1) {
      timetokens.push(BigInt(publishedAt(await client.publish("writer", `ch-${number % 7}`, number))));
    }

    for (const [index, timetoken] of timetokens.entries()) {
      if (index > 0) expect(timetoken).toBeGreaterThan(timetokens[index - 1] ?? 0n);
    }
  });
});
