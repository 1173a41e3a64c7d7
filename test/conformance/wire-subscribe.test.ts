/** Wire conformance: subscribe v2, its handshake, its poll, its envelope (wire specification § 4). */
import { publishedAt, readDelivered, testKeys, testTargets, withDeadline } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { answerOf, bodyOf, expectHeld, inEachWorld, overEachTransport, timetokenText } from "./support.ts";

const region = expect.any(Number);

/** A plain message's envelope, and nothing besides. */
function message(channel: string, publisher: string, payload: unknown, timetoken: string): object {
  return {
    a: expect.any(String),
    f: expect.any(Number),
    i: publisher,
    s: 1,
    p: { t: timetoken, r: region },
    k: testKeys.subscribe,
    c: channel,
    d: payload,
  };
}

inEachWorld("handshake", (open) => {
  test.each([
    ["[W-010] with tt=0", { tt: 0, uuid: "u" }],
    ["[W-011] without tt and with an empty ee", { ee: "", uuid: "u" }],
    ['[W-028] with t={"r":1,"t":"0"}', { t: '{"r":1,"t":"0"}', uuid: "u" }],
    ["without a user", { tt: 0 }],
  ])("%s is answered at once with a cursor and nothing else", async (_how, query) => {
    const { world } = await open();

    const reply = await world.get(testTargets.subscribe("a", query));

    expect(bodyOf(reply)).toEqual({ t: { t: expect.stringMatching(timetokenText), r: region }, m: [] });
    expect(readDelivered(reply).cursor.r).not.toBe(0);
  });

  test("is not told what was there before", async () => {
    const client = await open();
    await client.publish("writer", "a", "old");

    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);

    await expectHeld(poll, client);
  });
});

inEachWorld("a handshake soon after the user's join", (open) => {
  test("is not told the messages before it, where presence is not subscribed to", async () => {
    const client = await open();
    await client.heartbeat("u", "a");
    await client.publish("writer", "a", "old");

    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);

    await expectHeld(poll, client);
  });
});

overEachTransport("poll", (open, testOfPolls) => {
  test("[W-012] a held poll is answered with a message as soon as it is published", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);
    await expectHeld(poll, client);

    const timetoken = publishedAt(await client.publish("writer", "a", "hey"));

    const { cursor: next, items } = await answerOf(poll);
    expect(items).toEqual([message("a", "writer", "hey", timetoken)]);
    expect(next.t).toBe(timetoken);
  });

  test("[W-013] a poll of several channels says which one matched", async () => {
    const client = await open();
    const cursor = await client.handshake("u", ["a", "b"]);
    const poll = await client.poll("u", ["a", "b"], cursor);

    const timetoken = publishedAt(await client.publish("writer", "a", "hey"));

    expect((await answerOf(poll)).items).toEqual([{ ...message("a", "writer", "hey", timetoken), b: "a" }]);
  });

  test("[W-014] a poll of a group says that the group matched", async () => {
    const client = await open();
    await client.addToGroup("g", "a");
    const cursor = await client.handshake("u", [], { groups: ["g"] });
    const poll = await client.poll("u", [], cursor, { groups: ["g"] });

    const timetoken = publishedAt(await client.publish("writer", "a", "hey"));

    expect((await answerOf(poll)).items).toEqual([{ ...message("a", "writer", "hey", timetoken), b: "g" }]);
  });

  test("[W-015] a poll of a wildcard says that the wildcard matched", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "x.*");
    const [own] = (await answerOf(await client.poll("u", "x.*", cursor))).items;
    expect(own?.c).toBe("x.*-pnpres");
    const after = { t: own?.p.t ?? "", r: cursor.r };
    const poll = await client.poll("u", "x.*", after);

    const timetoken = publishedAt(await client.publish("writer", "x.y", "hey"));
    await client.publish("writer", "xx.y", "elsewhere");

    expect((await answerOf(poll)).items).toEqual([
      { ...message("x.y", "writer", "hey", timetoken), b: "x.*" },
    ]);
  });

  testOfPolls("a wildcard of two dots matches what is below it, and no more", async () => {
    const client = await open();
    const cursor = await client.handshake("u", ["x.y.*", "x.y.*-pnpres"]);
    const from = (await answerOf(await client.poll("u", ["x.y.*"], cursor))).cursor;
    await client.publish("writer", "x.z", "beside");
    await client.publish("writer", "x.y", "above");
    await client.publish("writer", "x.y.z", "below");
    await client.publish("writer", "x.y.z.z", "far below");

    const { items } = await answerOf(await client.poll("u", ["x.y.*"], from));

    expect(items.map((item) => item.d)).toEqual(["below", "far below"]);
  });

  test("[W-016] what was delivered is not delivered again from the cursor that came with it", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    await client.publish("writer", "a", "once");
    const first = await answerOf(await client.poll("u", "a", cursor));
    expect(first.items).toHaveLength(1);

    const again = await client.poll("u", "a", first.cursor);

    await expectHeld(again, client);
  });

  test("[W-017] what was published before the poll comes with it, in order", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const timetokens: string[] = [];
    for (const number of [1, 2, 3]) {
      timetokens.push(publishedAt(await client.publish("writer", "a", number)));
    }

    const { cursor: next, items } = await answerOf(await client.poll("u", "a", cursor));

    expect(items.map((item) => [item.d, item.p.t])).toEqual([1, 2, 3].map((n) => [n, timetokens[n - 1]]));
    expect([...timetokens].sort()).toEqual(timetokens);
    expect(next.t).toBe(timetokens[2]);
  });

  testOfPolls("more than a hundred items come in several answers, each once, in order", async () => {
    const client = await open();
    const channels = ["a", "b", "c"];
    const cursor = await client.handshake("u", channels);
    const published: number[] = [];
    for (let number = 0; number < 240; number += 1) {
      published.push(number);
      await client.publish("writer", channels[number % 3] ?? "a", number);
    }

    const received: unknown[] = [];
    let from = cursor;
    for (let answers = 0; answers < 3; answers += 1) {
      const { cursor: next, items } = await answerOf(await client.poll("u", channels, from));
      expect(items.length).toBeLessThanOrEqual(100);
      received.push(...items.map((item) => item.d));
      from = next;
    }

    expect(received).toEqual(published);
    await expectHeld(await client.poll("u", channels, from), client);
  });

  test("[W-018] a poll that adds a channel is told what was published on it since the old cursor", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const timetoken = publishedAt(await client.publish("writer", "b", "caught up"));

    const { items } = await answerOf(await client.poll("u", ["a", "b"], cursor));

    expect(items).toEqual([{ ...message("b", "writer", "caught up", timetoken), b: "b" }]);
  });

  testOfPolls(
    "[W-019] an idle poll is answered with an empty list when its time is up, not before",
    async () => {
      const client = await open({ pollHoldSeconds: 2 });
      const cursor = await client.handshake("u", "a");
      const poll = await client.poll("u", "a", cursor);

      await client.world.advance(1_999);
      await expectHeld(poll, client);
      await client.world.advance(1);

      const { cursor: next, items } = await answerOf(poll);
      expect(items).toEqual([]);
      expect(BigInt(next.t)).toBeGreaterThanOrEqual(BigInt(cursor.t));
      await client.publish("writer", "a", "after");
      expect((await answerOf(await client.poll("u", "a", next))).items.map((item) => item.d)).toEqual([
        "after",
      ]);
    },
  );

  testOfPolls(
    "[W-020] a poll of a group comes back with its own cursor when the group gets a channel",
    async () => {
      const client = await open();
      await client.addToGroup("g", "a");
      const cursor = await client.handshake("u", [], { groups: ["g"] });
      const poll = await client.poll("u", [], cursor, { groups: ["g"] });
      await expectHeld(poll, client);

      await client.addToGroup("g", "late");

      expect(await answerOf(poll)).toEqual({ cursor: { t: cursor.t, r: region }, items: [] });
      const again = await client.poll("u", [], cursor, { groups: ["g"] });
      await client.publish("writer", "late", "hey");
      const { items } = await answerOf(again);
      expect(items.map((item) => [item.c, item.b, item.d])).toEqual([["late", "g", "hey"]]);
    },
  );

  test("[W-021] a signal says that it is one and has no sequence number", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);

    const timetoken = publishedAt(await client.signal("writer", "a", "x"));

    expect((await answerOf(poll)).items).toEqual([
      {
        a: expect.any(String),
        f: expect.any(Number),
        e: 1,
        i: "writer",
        p: { t: timetoken, r: region },
        k: testKeys.subscribe,
        c: "a",
        d: "x",
      },
    ]);
  });

  test("[W-022] [W-023] meta and custom type of a message are delivered with it", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);

    const query = { meta: '{"k":"v","n":[1.50,{"z":null}]}', custom_message_type: "t1", seqn: 7 };
    const timetoken = publishedAt(await client.publish("writer", "a", "hey", query));

    expect((await answerOf(poll)).items).toEqual([
      {
        ...message("a", "writer", "hey", timetoken),
        s: 7,
        u: { k: "v", n: [1.5, { z: null }] },
        cmt: "t1",
      },
    ]);
  });

  test("[W-024] a filter lets through what matches it", async () => {
    const client = await open();
    const filter = "k == 'v'";
    const cursor = await client.handshake("u", "a", { filter });
    const poll = await client.poll("u", "a", cursor, { filter });

    await client.publish("writer", "a", "wrong", { meta: '{"k":"w"}' });
    await client.publish("writer", "a", "without");
    await expectHeld(poll, client);
    await client.publish("writer", "a", "right", { meta: '{"k":"v"}' });

    const { cursor: next, items } = await answerOf(poll);
    expect(items.map((item) => item.d)).toEqual(["right"]);
    await expectHeld(await client.poll("u", "a", next, { filter }), client);
  });

  test.each(["((", "a ==", "'", "a b", "&&", "like 'x'"])(
    "[W-025] a filter that is none (%s) is refused",
    async (filter) => {
      const { world } = await open();

      const body = bodyOf(await world.get(testTargets.subscribe("a", { tt: 0, "filter-expr": filter })), 400);

      expect(body).toMatchObject({ status: 400, message: "Could Not Parse Request" });
    },
  );

  test("[W-025] a filter that is too deep or too long is refused", async () => {
    const { world } = await open();

    for (const filter of [`${"(".repeat(100)}k${")".repeat(100)}`, `k == '${"x".repeat(4_096)}'`]) {
      const reply = await world.get(testTargets.subscribe("a", { tt: 0, "filter-expr": filter }));
      expect(bodyOf(reply, 400)).toMatchObject({ status: 400, message: expect.stringMatching(/64|4096/) });
    }
  });

  test("[W-026] a subscribe to nothing is refused", async () => {
    const { world } = await open();

    const body = bodyOf(await world.get(testTargets.subscribe([], { tt: 0 })), 400);

    expect(body).toMatchObject({ status: 400 });
  });

  testOfPolls(
    "[W-027] a poll whose client has gone frees its place at once, and its message waits for the next",
    async () => {
      const client = await open();
      const cursor = await client.handshake("u", "a");
      const poll = await client.poll("u", "a", cursor);
      expect(await client.world.waiters()).toBe(1);

      poll.drop();

      await untilNoWaiters(() => client.world.waiters());
      await client.publish("writer", "a", "later");
      const next = await client.poll("u", "a", cursor);
      expect((await answerOf(next)).items.map((item) => item.d)).toEqual(["later"]);
      expect(await client.world.waiters()).toBe(0);
    },
  );

  test("a poll that is ahead of everything is held and told what comes", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const ahead = { t: (BigInt(cursor.t) + 50_000_000n).toString(), r: cursor.r };
    const poll = await client.poll("u", "a", ahead);
    await expectHeld(poll, client);

    await client.world.advance(6_000);
    await client.publish("writer", "a", "now");

    expect((await answerOf(poll)).items.map((item) => item.d)).toEqual(["now"]);
  });

  test("a poll that is behind everything is told what is left", async () => {
    const client = await open();
    for (let number = 0; number < 120; number += 1) await client.publish("writer", "a", number);

    const { items } = await answerOf(await client.poll("u", "a", { t: "10000000000000000", r: 1 }));

    expect(items.map((item) => item.d)).toEqual(Array.from({ length: 100 }, (_, index) => index + 20));
  });

  test("a subscriber of a channel, its group and its wildcard gets each message once, as direct", async () => {
    const client = await open();
    await client.addToGroup("g", "x.y");
    const channels = ["x.y", "x.*"];
    const cursor = await client.handshake("u", channels, { groups: ["g"] });
    await client.publish("writer", "x.y", "hey");

    const { items } = await answerOf(await client.poll("u", channels, cursor, { groups: ["g"] }));

    const messages = items.filter((item) => item.c === "x.y");
    expect(messages.map((item) => [item.b, item.d])).toEqual([["x.y", "hey"]]);
  });

  test("a fire is taken and not delivered", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const poll = await client.poll("u", "a", cursor);

    publishedAt(await client.publish("writer", "a", "fire", { store: 0, norep: 1 }));
    await expectHeld(poll, client);
    await client.publish("writer", "a", "message");

    expect((await answerOf(poll)).items.map((item) => item.d)).toEqual(["message"]);
  });

  testOfPolls("many polls of one channel are all answered with the same item", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "a");
    const polls = [];
    for (let number = 0; number < 30; number += 1) polls.push(await client.poll(`u${number}`, "a", cursor));
    expect(await client.world.waiters()).toBe(30);

    await client.publish("writer", "a", "hey");

    for (const poll of polls) {
      expect((await answerOf(poll)).items.map((item) => item.d)).toEqual(["hey"]);
    }
    expect(await client.world.waiters()).toBe(0);
  });
});

/** Waits in real time: a closed connection is noticed by the operating system, not by the world's clock. */
async function untilNoWaiters(waiters: () => Promise<number>): Promise<void> {
  const gone = (async () => {
    while ((await waiters()) > 0);
  })();
  await withDeadline(gone, "The server's noticing that the client has gone", 2_000);
}
