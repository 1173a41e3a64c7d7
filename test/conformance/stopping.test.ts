/** What those who run a node see of it: its health, how it drains, and the time it tells after a kill. */
import { type Engine, EngineError, type KeysetStore } from "@hereabouts/core";
import { neverCancelled, type WireResponse } from "@hereabouts/protocol/wire";
import {
  type Composition,
  endWorlds,
  openComposition,
  openWorld,
  socketWorldKinds,
  TestClock,
  testTargets,
  type WorldKind,
  worldKinds,
} from "@hereabouts/testkit";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";

afterAll(endWorlds);

interface Subject {
  readonly clock: TestClock;
  readonly node: Composition;
  ask(target: string, method?: string): Promise<WireResponse>;
}

async function open(between: (engine: Engine) => Engine = (engine) => engine): Promise<Subject> {
  const clock = new TestClock();
  const node = await openComposition({ world: {}, clock, data: ":memory:", between });
  onTestFinished(() => node.stop());
  const ask = async (target: string, method = "GET"): Promise<WireResponse> =>
    node.handler({ method, target, header: () => undefined, body: undefined, signal: neverCancelled });
  return { clock, node, ask };
}

const readyBody = { status: "ready" };
const drainingBody = { status: "unready", reason: "draining", detail: "The node is stopping." };

describe("health", () => {
  test.each(worldKinds)(
    "a node lives and is ready, without a keyset and for every origin: %s",
    async (kind) => {
      const world = await openWorld(kind as WorldKind);
      onTestFinished(() => world.close());
      const live = await world.get("/health/live");
      const ready = await world.get("/health/ready?from=balancer", { headers: { origin: "https://x.test" } });

      expect([live.status, live.json, ready.status, ready.json]).toEqual([
        200,
        { status: "live" },
        200,
        readyBody,
      ]);
      expect(ready.headers).toMatchObject({
        "content-type": expect.stringMatching(/^application\/json/),
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
      });
    },
  );

  test.each(socketWorldKinds)("a node is asked with HEAD as well: %s", async (kind) => {
    const world = await openWorld(kind);
    onTestFinished(() => world.close());
    const head = await world.get("/health/ready", { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  test("there is nothing else, and no other method", async () => {
    const { ask } = await open();
    const statuses = await Promise.all([
      ask("/health"),
      ask("/health/"),
      ask("/health/ready/"),
      ask("/health/ready", "POST"),
      ask("/health/ready", "OPTIONS"),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 204]);
  });

  test("a node whose engine cannot be reached lives, and is not ready until it can", async () => {
    let isDown = true;
    let asked = 0;
    const { clock, ask } = await open((engine) => {
      const list: KeysetStore["list"] = async () => {
        asked += 1;
        if (isDown && asked > 1) throw new EngineError("unavailable", "Redis is away.", { cause: undefined });
        return engine.keysets.list();
      };
      const { presence, log, groups } = engine;
      const keysets: KeysetStore = {
        list,
        replace: (all) => engine.keysets.replace(all),
        watch: (wake) => engine.keysets.watch(wake),
      };
      return { presence, ticks: engine.ticks, log, groups, keysets, close: (now) => engine.close(now) };
    });
    const replies = await Promise.all(Array.from({ length: 100 }, () => ask("/health/ready")));

    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([503]));
    expect(JSON.parse(replies[0]?.body ?? "")).toEqual({
      status: "unready",
      reason: "engine-unavailable",
      detail: "Redis is away.",
    });
    expect(replies[0]?.headers).toMatchObject({ "retry-after": "1", "access-control-allow-origin": "*" });
    expect([asked, (await ask("/health/live")).status]).toEqual([2, 200]);
    isDown = false;
    await clock.advance(500);
    expect((await ask("/health/ready")).status).toBe(200);
  });
});

describe("a drain", () => {
  const cursor = "17672256000000000";
  const pollOf = (user: string): string => testTargets.subscribe("ch", { tt: cursor, uuid: user });

  test("lets held polls go evenly over its time, and says that the node is not ready", async () => {
    const { clock, node, ask } = await open();
    const releasedAt: number[] = [];
    const begin = clock.now();
    const polls = Array.from({ length: 300 }, (_, index) =>
      ask(pollOf(`u${index}`)).then((reply) => {
        releasedAt.push(clock.now() - begin);
        return reply;
      }),
    );
    await clock.settle();
    expect(node.heldPolls()).toBe(300);

    const drained = node.drain(3_000);
    const ready = await ask("/health/ready");
    await clock.advance(3_000);
    await drained;

    expect([ready.status, JSON.parse(ready.body)]).toEqual([503, drainingBody]);
    const bodies = (await Promise.all(polls)).map(({ body }) => JSON.parse(body));
    expect(bodies.every(({ t, m }) => t.t === cursor && m.length === 0)).toBe(true);
    const perTenth = Array.from({ length: 10 }, (_, tenth) =>
      releasedAt.filter((ms) => ms >= tenth * 300 && ms < (tenth + 1) * 300),
    );
    expect(perTenth.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 30));
    // Within its share, a moment is random.
    expect(new Set(releasedAt.map((ms) => ms % 10)).size).toBe(10);
  });

  test("holds polls that come meanwhile for a part of what is left, and answers at once when it is over", async () => {
    const { clock, node, ask } = await open();
    const drained = node.drain(3_000);
    await clock.advance(1_000);
    const polls = Array.from({ length: 100 }, (_, index) => ask(pollOf(`u${index}`)));
    await clock.settle();
    const held = [node.heldPolls()];
    await clock.advance(1_000);
    held.push(node.heldPolls());
    await clock.advance(1_000);
    await drained;
    held.push(node.heldPolls());

    expect(held[0]).toBe(100);
    expect(held[1]).toBeGreaterThan(25);
    expect(held[1]).toBeLessThan(75);
    expect(held[2]).toBe(0);
    const late = await ask(pollOf("late"));
    for (const { body } of [...(await Promise.all(polls)), late])
      expect(JSON.parse(body)).toMatchObject({ t: { t: cursor }, m: [] });
  });

  test("is no hindrance to news, and ends when it must", async () => {
    const { clock, node, ask } = await open();
    const polls = Array.from({ length: 50 }, (_, index) => ask(pollOf(`u${index}`)));
    await clock.settle();

    void node.drain(60_000);
    await clock.advance(30_000);
    const halfway = node.heldPolls();
    await ask(testTargets.publish("ch", "/1"));
    await clock.settle();

    const told = (await Promise.all(polls)).filter(({ body }) => JSON.parse(body).m.length > 0);
    expect([halfway, told.length, node.heldPolls()]).toEqual([25, 25, 0]);
  });

  test("of no time answers everything at once, also what was to be spread", async () => {
    const { clock, node, ask } = await open();
    const polls = Array.from({ length: 50 }, (_, index) => ask(pollOf(`u${index}`)));
    await clock.settle();

    void node.drain(60_000);
    await node.drain(0);

    expect(node.heldPolls()).toBe(0);
    expect((await Promise.all(polls)).map(({ status }) => status)).toEqual(polls.map(() => 200));
  });
});

describe("the time", () => {
  const timeOf = (reply: { readonly text: string }): bigint =>
    BigInt(/^\[(\d+)\]$/.exec(reply.text)?.[1] ?? "");

  test.each(worldKinds)(
    "is never behind what was given out, also when the clock is set back: %s",
    async (kind) => {
      const world = await openWorld(kind as WorldKind, { persistent: true });
      onTestFinished(() => world.close());
      const before = timeOf(await world.get("/time/0"));
      const reply = await world.get(testTargets.publish("ch", "/1"));
      const published = BigInt((reply.json as readonly string[])[2] ?? "");

      await world.restart(-3_600_000);

      const after = timeOf(await world.get("/time/0"));
      expect([before < published, after >= published]).toEqual([true, true]);
      expect((await world.get(testTargets.publish("ch", "/2"))).json).toMatchObject([
        1,
        "Sent",
        expect.any(String),
      ]);
      const poll = await world.get(testTargets.subscribe("ch", { tt: String(after), uuid: "u" }));
      expect(poll.json).toMatchObject({ m: [{ d: 2 }] });
    },
  );

  test("is the clock's while the engine is away", async () => {
    const { clock, ask } = await open((engine) => {
      const { presence, ticks, log, groups, keysets } = engine;
      return {
        ...{ presence, ticks, groups, keysets, close: (now) => engine.close(now) },
        log: {
          append: (...given) => log.append(...given),
          read: (...given) => log.read(...given),
          watch: (...given) => log.watch(...given),
          position: async () => {
            throw new EngineError("unavailable", "Away.", { cause: undefined });
          },
        },
      };
    });
    expect((await ask("/time/0")).body).toBe(`[${BigInt(clock.now()) * 10_000n - 1n}]`);
  });
});
