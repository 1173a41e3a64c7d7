/** Streams: what is pushed, and what a client may ask on one (wire specification, streams). */
import type { Reply } from "@hereabouts/testkit";
import { testKeys } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { ask, type Frame, nextFrame, opened, target, told } from "./stream-support.ts";
import { bodyOf, channelsOf, inEachWorld, usersIn } from "./support.ts";

inEachWorld("a stream", (open) => {
  test("is pushed messages and events, with why they came, and takes its user's seat", async () => {
    const client = await open();
    const stream = await opened(client, "a,a-pnpres", { uuid: "u", instanceid: "d" });
    expect(await told(client, stream)).toEqual([["join", "a-pnpres", "u", 1]]);

    await client.publish("writer", "a", "hey");
    await client.heartbeat("v", "a");

    expect(await told(client, stream)).toEqual([
      ["hey", "a", "a"],
      ["join", "a-pnpres", "v", 2],
    ]);
    expect(await usersIn(client, "a")).toEqual(["u", "v"]);
  });

  test("is told on beside one of the same subscription that comes from a node whose clock is ahead", async () => {
    const client = await open();
    const probe = await client.world.stream(target("z"));
    if (!("take" in probe)) throw new Error(`The stream was refused: ${probe.text}`);
    const { t } = await nextFrame(probe);
    const aheadMs = 2_000;
    const tt = String(BigInt(t?.t ?? "0") + BigInt(aheadMs) * 10_000n);
    const ahead = await opened(client, "a", { tt, tr: "1" });
    await client.world.advance(0);
    const present = await opened(client, "a");

    await client.publish("writer", "a", "before");
    expect(await told(client, present)).toEqual([["before", "a", undefined]]);
    await client.world.advance(2 * aheadMs);
    await client.publish("writer", "a", "after");

    expect(await told(client, present)).toEqual([["after", "a", undefined]]);
    // Whether it is told of the first, too, is the engine's to say: a cluster's log goes on after the cursors it is shown.
    expect((await told(client, ahead)).at(-1)).toEqual(["after", "a", undefined]);
  });

  test("tells the same to all who ask for the same, and to each who asks for something else what that is", async () => {
    const client = await open();
    const streams = await Promise.all([
      opened(client, "a"),
      opened(client, "a"),
      opened(client, "a,b"),
      opened(client, "a", { "filter-expr": "language == 'fr'" }),
    ]);

    await client.publish("writer", "a", 1, { meta: JSON.stringify({ language: "en" }) });
    await client.publish("writer", "a", 2, { meta: JSON.stringify({ language: "fr" }) });

    const all = [];
    for (const stream of streams) all.push(await told(client, stream));
    expect(all).toEqual([
      [
        [1, "a", undefined],
        [2, "a", undefined],
      ],
      [
        [1, "a", undefined],
        [2, "a", undefined],
      ],
      [
        [1, "a", "a"],
        [2, "a", "a"],
      ],
      [[2, "a", undefined]],
    ]);
  });

  test("goes on from a cursor without losing or repeating anything", async () => {
    const client = await open();
    const first = await opened(client, "a", { uuid: "u" });
    await client.publish("writer", "a", 1);
    const { t } = await nextFrame(first);
    first.drop();
    await client.publish("writer", "a", 2);
    await client.publish("writer", "a", 3);

    const second = await opened(client, "a", { uuid: "u", tt: t?.t ?? "", tr: "1" });
    expect(await told(client, second)).toEqual([
      [2, "a", undefined],
      [3, "a", undefined],
    ]);
    await client.publish("writer", "a", 4);

    expect(await told(client, second)).toEqual([[4, "a", undefined]]);
  });

  test("follows its groups, and wildcards", async () => {
    const client = await open();
    await client.addToGroup("g", "a");
    const stream = await opened(client, "w.*", { uuid: "u", "channel-group": "g,g-pnpres" });
    await told(client, stream);

    await client.publish("writer", "a", 1);
    await client.publish("writer", "w.x", 2);
    await client.addToGroup("g", "b");
    await client.world.advance(0);
    await client.publish("writer", "b", 3);

    expect(await told(client, stream)).toEqual([
      [1, "a", "g"],
      [2, "w.x", "w.*"],
      ["join", "b-pnpres", "u", 1],
      [3, "b", "g"],
    ]);
  });

  test("carries the state that it was opened with", async () => {
    const client = await open();
    await opened(client, "a", { uuid: "u", state: JSON.stringify({ a: { mood: "good" } }) });

    expect(bodyOf(await client.getState("u", "a"))).toMatchObject({ payload: { mood: "good" } });
  });
});

inEachWorld("what a client asks on a stream", (open) => {
  test("another subscription takes the place of the one before, and nothing is lost in between", async () => {
    const client = await open();
    const stream = await opened(client, "a,a-pnpres", { uuid: "u" });
    await told(client, stream);

    const ready = await ask(stream, {
      id: 7,
      subscribe: { channels: "b,b-pnpres,a", state: { b: { n: 1 } } },
    });
    await client.publish("writer", "a", 1);

    expect(ready).toEqual({ c: "ready", t: { t: expect.any(String), r: 1 }, id: 7 });
    expect(await told(client, stream)).toEqual([
      ["join", "b-pnpres", "u", 1],
      ["state-change", "b-pnpres", "u", 1],
      [1, "a", "a"],
    ]);
    expect(await channelsOf(client, "u")).toEqual(["a", "b"]);
  });

  test("channels that are not in it any more are left after the grace", async () => {
    const client = await open();
    const stream = await opened(client, "a,b", { uuid: "u" });
    await ask(stream, { id: 1, subscribe: { channels: "a,b-pnpres" } });
    expect(await channelsOf(client, "u")).toEqual(["a", "b"]);

    await client.world.advance(3_200);

    expect(await told(client, stream)).toEqual([["leave", "b-pnpres", "u", 0]]);
  });

  test("a leave gives its seats up at once, and ends what they were for", async () => {
    const client = await open();
    const stream = await opened(client, "a,a-pnpres,b", { uuid: "u" });
    await told(client, stream);

    const ready = await ask(stream, { id: 2, leave: { channels: "a" } });
    await client.publish("writer", "a", 1);
    await client.publish("writer", "b", 2);

    expect(ready.id).toBe(2);
    expect(await told(client, stream)).toEqual([
      ["leave", "a-pnpres", "u", 0],
      [2, "b", "b"],
    ]);
    expect(await channelsOf(client, "u")).toEqual(["b"]);
  });

  test("nonsense is answered by name, and changes nothing", async () => {
    const client = await open();
    const stream = await opened(client, "a", { uuid: "u" });

    expect([
      await ask(stream, "nonsense"),
      await ask(stream, { id: 3, dance: {} }),
      await ask(stream, { id: 4, subscribe: { channels: "" } }),
      await ask(stream, { id: 5, subscribe: { channels: "a", filter: "((" } }),
    ]).toEqual([
      { c: "error", id: 0, status: 400, message: "The frame is no JSON object." },
      { c: "error", id: 3, status: 400, message: 'A frame has either "subscribe" or "leave".' },
      { c: "error", id: 4, status: 400, message: "A subscribe names at least one channel or channel group." },
      { c: "error", id: 5, status: 400, message: "The filter ends too early at character 3." },
    ]);
    await client.publish("writer", "a", 1);
    expect(await told(client, stream)).toEqual([[1, "a", undefined]]);
  });

  test("more than 20 frames a second are refused", async () => {
    const client = await open();
    const stream = await opened(client, "a");
    for (let id = 1; id <= 21; id += 1) stream.send(JSON.stringify({ id, subscribe: { channels: "a" } }));
    const answers: Frame[] = [];
    while (answers.length < 21) answers.push(await nextFrame(stream));

    expect(answers.filter(({ c }) => c === "error")).toEqual([
      { c: "error", id: 0, status: 429, message: "A client may send 20 frames a second." },
    ]);
  });
});

inEachWorld("a request for a stream", (open) => {
  test.each([
    ["an unknown keyset", "/v3/stream/nobody/a", 400, "Invalid Subscribe Key"],
    [
      "nothing named",
      "/v3/stream/sub-test/,",
      400,
      "A subscribe names at least one channel or channel group.",
    ],
    ["a malformed filter", "/v3/stream/sub-test/a?filter-expr=((", 400, "Could Not Parse Request"],
    ["another path", "/v3/stream/sub-test/a/0", 404, "Not found"],
  ])("is refused before the upgrade: %s", async (_, at, status, message) => {
    const { world } = await open();

    const refusal = (await world.stream(at)) as Reply;

    expect(bodyOf(refusal, status)).toMatchObject({ status, message });
  });

  test("is offered to clients that ask for details", async () => {
    const { world } = await open();
    const handshake = `/v2/subscribe/${testKeys.subscribe}/a/0?tt=0`;

    expect([bodyOf(await world.get(handshake)), bodyOf(await world.get(`${handshake}&details=1`))]).toEqual([
      { t: { t: expect.any(String), r: 1 }, m: [] },
      { t: { t: expect.any(String), r: 1 }, m: [], stream: 1 },
    ]);
  });
});

inEachWorld(
  "a client that is not well",
  (open) => {
    test("that reads too slowly is told of a gap, how its presence channels are now, and what comes after", async () => {
      const client = await open();
      const stream = await opened(client, "a,a-pnpres", { uuid: "u" });
      await told(client, stream);
      stream.pause();
      for (let index = 0; index < 40; index += 1) {
        await client.publish("writer", "a", "x".repeat(10_000));
        await client.world.advance(0);
      }
      await client.heartbeat("v", "a");
      await client.world.advance(0);
      await client.publish("writer", "a", "lost");
      await client.world.advance(0);

      stream.resume();
      await client.world.advance(0);
      await client.publish("writer", "a", "after");
      const all = await told(client, stream);

      const gap = all.findIndex((entry) => (entry as Frame).c === "gap");
      expect(gap).toBeGreaterThan(20);
      expect(gap).toBeLessThan(40);
      expect(all.slice(gap)).toEqual([
        { c: "gap", channels: ["a", "a-pnpres"], t: { t: expect.any(String), r: 1 } },
        ["interval", "a-pnpres", undefined, 2],
        ["after", "a", "a"],
      ]);
    });

    test("that does not answer is given up on, and its seats run out", async () => {
      const client = await open();
      const watcher = await opened(client, "a-pnpres");
      const stream = await opened(client, "a", { uuid: "u" });
      await told(client, watcher);
      stream.pause();
      await client.world.advance(44_000);
      expect([stream.closing(), await told(client, watcher)]).toEqual([undefined, []]);

      await client.world.advance(16_000);

      expect(stream.closing()).toEqual({ code: 1013, reason: "The client does not answer." });
      expect(await told(client, watcher)).toEqual([["timeout", "a-pnpres", "u", 0]]);
    });
  },
  process.env.CONFORMANCE_ON === "redis" ? ["redis"] : ["memory"],
);
