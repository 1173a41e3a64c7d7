/** Nodes that share a real Redis: nobody can tell which of them answered, whatever becomes of a node or of Redis. */
import { Agent } from "node:http";
import { type Runtime, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { type RedisProcess, startRedis } from "@hereabouts/testkit/cluster";
import { describe, expect, it } from "vitest";
import { launcher, run } from "./support/command.ts";
import { follow } from "./support/follower.ts";
import { ask } from "./support/http.ts";
import {
  changeGroup,
  eventOf,
  groupChannels,
  handshake,
  heartbeat,
  type Item,
  leave,
  occupants,
  policyInForce,
  poll,
  publish,
  readDelivery,
  time,
} from "./support/service.ts";
import { until, within } from "./support/until.ts";

/** Starts a node on a Redis. */
function startNode(
  runtime: Runtime,
  redis: RedisProcess,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  return startServer({ runtime, args: ["--engine", redis.url, ...args] });
}

/** A presence event in short: `join ann 1`. */
function brief(item: Item): string {
  const { action, uuid, occupancy } = eventOf(item);
  return `${action} ${uuid} ${occupancy}`;
}

describe.each(runtimes)("two nodes on one Redis, on %s", (runtime) => {
  it("are one presence: seats, states, events, messages and groups cross", async () => {
    await using redis = await startRedis();
    await using one = await startNode(runtime, redis);
    await using other = await startNode(runtime, redis);
    const from = await handshake(other.port, "hall,hall-pnpres", "watcher");
    using watcher = follow(other.port, "hall,hall-pnpres", "watcher", from);

    await handshake(one.port, "hall", "ann");
    await heartbeat(one.port, "hall", "bob");
    await publish(one.port, "hall", "hello");
    const seen = await occupants(other.port, "hall");
    const whereNow = await ask(other.port, "/v2/presence/sub-key/demo/uuid/ann");
    await leave(one.port, "hall", "bob");
    await watcher.saw("bob's leave", (item) => item.c === "hall-pnpres" && eventOf(item).action === "leave");
    await changeGroup(one.port, "friends", "?add=hall", new Agent());

    expect(seen).toEqual(["watcher", "ann", "bob"]);
    expect(whereNow.json).toMatchObject({ payload: { channels: ["hall"] } });
    expect(watcher.items.map((item) => (item.c === "hall" ? item.d : brief(item)))).toEqual([
      ...["join watcher 1", "join ann 2", "join bob 3", "hello", "leave bob 2"],
    ]);
    expect(await groupChannels(other.port, "friends")).toEqual(["hall"]);
  });

  it("send a poll home when its group is changed on the other", async () => {
    await using redis = await startRedis();
    await using one = await startNode(runtime, redis);
    await using other = await startNode(runtime, redis);
    const target = "/v2/subscribe/demo/,/0?channel-group=friends&uuid=ann&tt=";
    const { cursor } = readDelivery((await ask(other.port, `${target}0`)).text);
    const held = ask(other.port, `${target}${cursor}`);
    await new Promise((resolve) => setTimeout(resolve, 200));

    await changeGroup(one.port, "friends", "?add=hall", new Agent());

    expect(readDelivery((await within("The poll", held, 2_000)).text).items).toEqual([]);
    await handshake(one.port, "hall", "bob");
    await publish(one.port, "hall", "to the group");
    expect(
      readDelivery((await ask(other.port, `${target}${cursor}`)).text).items.map((item) => item.d),
    ).toEqual(["to the group"]);
  });

  it("have a keyset in force within a second after a third was started with it", async () => {
    await using redis = await startRedis();
    await using one = await startNode(runtime, redis);
    const statusOf = async (port: number): Promise<number> =>
      (await ask(port, "/v2/presence/sub-key/new/channel/hall")).status;
    expect(await statusOf(one.port)).toBe(400);

    await using other = await startNode(runtime, redis, ["--keyset", "new:new"]);
    await until("the keyset", async () => ((await statusOf(one.port)) === 200 ? true : undefined), 1_000);

    expect(await statusOf(other.port)).toBe(200);
    await using third = await startNode(runtime, redis);
    expect(await statusOf(third.port)).toBe(200);
  });

  it("have a change of rules in force within a second, for who sits and waits there, too", async () => {
    await using redis = await startRedis();
    await using one = await startNode(runtime, redis);
    const from = await handshake(one.port, "hall,hall-pnpres", "ann");
    using observer = follow(one.port, "hall-pnpres", "observer", from);
    await observer.saw("the join", (item) => eventOf(item).uuid === "ann");
    expect(await occupants(one.port, "hall")).toEqual(["ann"]);

    const env = policyInForce({ rules: [{ channels: "h*", track: false }] });
    await using other = await startServer({ runtime, args: ["--engine", redis.url], env });

    const isEmpty = async (): Promise<true | undefined> =>
      (await occupants(one.port, "hall")).length === 0 ? true : undefined;
    await until("the rule", isEmpty, 1_000);
    await heartbeat(one.port, "hall", "bob");
    await heartbeat(one.port, "yard", "bob");
    expect([await occupants(other.port, "hall"), await occupants(other.port, "yard")]).toEqual([[], ["bob"]]);
    expect(observer.items.map(brief)).toEqual(["join ann 1"]);
  });

  it("let clients move from one that is told to stop, and observers see nothing of it", async () => {
    await using redis = await startRedis();
    await using one = await startNode(runtime, redis, ["--drain-seconds", "1"]);
    await using other = await startNode(runtime, redis);
    let port = one.port;
    const users = Array.from({ length: 15 }, (_, index) => `user-${index}`);
    const clients = await Promise.all(
      users.map(async (user) => follow(() => port, "hall", user, await handshake(one.port, "hall", user))),
    );
    using watcher = follow(other.port, "hall-pnpres", "watcher", await time(other.port));
    await heartbeat(one.port, "hall", "first");
    await watcher.saw("the first event", () => true);

    // As a balancer does that finds it not ready.
    one.kill("SIGTERM");
    await until("the drain", async () =>
      (await ask(one.port, "/health/ready")).status === 503 ? true : undefined,
    );
    port = other.port;
    const exit = await within("The end of the node", one.exited);
    await publish(other.port, "hall", "still there");
    await Promise.all(clients.map((client) => client.saw("the message", (item) => item.d === "still there")));
    await heartbeat(other.port, "hall", "last");
    await watcher.saw("the last event", (item) => eventOf(item).uuid === "last");

    expect(exit).toEqual({ code: 0, signal: null });
    expect(watcher.items.map(brief)).toEqual(["join first 16", "join last 17"]);
    expect(new Set(await occupants(other.port, "hall"))).toEqual(new Set([...users, "first", "last"]));
    expect(clients.map((client) => client.items.length)).toEqual(users.map(() => 1));
    for (const client of clients) client[Symbol.dispose]();
  });

  it("answer 503 while Redis does not, keep polls, and let no seat end for it", async () => {
    await using redis = await startRedis();
    await using node = await startNode(runtime, redis);
    const { port } = node;
    const from = await handshake(port, "hall-pnpres", "watcher");
    await heartbeat(port, "hall", "ann", 6);
    const first = readDelivery((await poll(port, "hall-pnpres", "watcher", from).reply).text);
    let isAnswered = false;
    const held = poll(port, "hall-pnpres", "watcher", first.cursor).reply.finally(() => {
      isAnswered = true;
    });

    redis.stop();
    const unready = await until("that it is not ready", async () => {
      const reply = await ask(port, "/health/ready");
      return reply.status === 503 ? reply : undefined;
    });
    const refused = await ask(port, "/v2/presence/sub-key/demo/channel/hall/heartbeat?uuid=ann");
    // Longer than the seat's time.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const wasHeld = !isAnswered;
    redis.cont();
    await until("that it is ready", async () =>
      (await ask(port, "/health/ready")).status === 200 ? true : undefined,
    );
    await until("the heartbeat", async () =>
      (await ask(port, "/v2/presence/sub-key/demo/channel/hall/heartbeat?uuid=ann&heartbeat=60")).status ===
      200
        ? true
        : undefined,
    );
    await heartbeat(port, "hall", "bob");
    const { items } = readDelivery((await within("The poll", held)).text);

    expect(unready.json).toMatchObject({ reason: "engine-unavailable" });
    expect([refused.status, refused.headers["retry-after"], wasHeld]).toEqual([503, "1", true]);
    expect(items.map(brief)).toEqual(["join bob 2"]);
  });

  it("go on when Redis was started again, empty: who comes back joins once, and nobody leaves", async () => {
    await using redis = await startRedis();
    await using one = await startNode(runtime, redis);
    await using other = await startNode(runtime, redis);
    await heartbeat(one.port, "hall", "ann");
    using watcher = follow(other.port, "hall-pnpres", "watcher", await time(other.port));

    await redis.kill();
    await until("the 503", async () =>
      (await ask(one.port, "/v2/presence/sub-key/demo/channel/hall")).status === 503 ? true : undefined,
    );
    await redis.restart();
    await until("both nodes", async () => {
      const replies = await Promise.all([one, other].map(({ port }) => ask(port, "/health/ready")));
      return replies.every(({ status }) => status === 200) ? true : undefined;
    });
    await until("ann's return", () => heartbeat(one.port, "hall", "ann").then(() => true));
    await heartbeat(other.port, "hall", "ann");
    await watcher.saw("ann's join", (item) => eventOf(item).uuid === "ann");
    await leave(one.port, "hall", "ann");
    await watcher.saw("ann's leave", (item) => eventOf(item).action === "leave");

    const briefs = watcher.items.filter((item) => eventOf(item).action !== "interval").map(brief);
    expect(briefs).toEqual(["join ann 1", "leave ann 0"]);
  });
});

describe.each(runtimes)("a start on a Redis, on %s", (runtime) => {
  it("waits for it, says so, and goes on when it is there", async () => {
    const redis = await startRedis();
    await redis.kill();
    await using command = run(launcher, [
      "serve",
      "--runtime",
      runtime,
      "--port",
      "0",
      "--engine",
      redis.url,
    ]);
    await command.printed("that it waits", /"msg":"The engine cannot be reached/);

    await redis.restart();

    await command.printed("the welcome", /listens on/);
    command.signal("SIGTERM");
    expect(await command.ended()).toBe(0);
    await redis[Symbol.asyncDispose]();
  });

  it("can be stopped while it waits", async () => {
    await using command = run(launcher, [
      ...["serve", "--runtime", runtime],
      "--engine",
      "redis://127.0.0.1:1",
    ]);
    await command.printed("that it waits", /"msg":"The engine cannot be reached/);

    command.signal("SIGTERM");

    expect(await command.ended()).toBe(0);
  });

  it("gives up after 30 seconds with code 1 and a sentence", async () => {
    const startedAt = performance.now();
    const { code, sentence } = await start(["--engine", "redis://ann:secret@127.0.0.1:1"]);
    const seconds = (performance.now() - startedAt) / 1_000;

    expect(code).toBe(1);
    expect(sentence).toMatch(/^hereabouts: .*redis:\/\/ann:\*\*\*@127\.0\.0\.1:1/);
    expect(seconds).toBeGreaterThan(29);
    expect(seconds).toBeLessThan(40);
  });

  it("is refused at once with code 1 where the password is wrong, and does not tell it", async () => {
    await using redis = await startRedis();
    await redis.command(...["ACL", "SETUSER", "ann", "on", ">right", "~*", "&*", "+@all"]);
    const url = (password: string): string => `redis://ann:${password}@${redis.address}`;
    const { code, sentence, all } = await start(["--engine", url("wrong-secret")]);

    expect(code).toBe(1);
    expect(sentence).toMatch(/password|WRONGPASS/);
    expect(all).not.toContain("wrong-secret");
    await using node = await startServer({ runtime, args: ["--engine", url("right")] });
    expect(node.output()).not.toContain("right@");
  });

  it("is refused at once with code 1 where another number of partitions is stored", async () => {
    await using redis = await startRedis();
    await using first = await startNode(runtime, redis, ["--partitions", "6"]);
    const { code, sentence } = await start(["--engine", redis.url, "--partitions", "12"]);

    expect(code).toBe(1);
    expect(sentence).toMatch(/partitions/);
    expect(sentence).toMatch(/\b6\b.*\b12\b|\b12\b.*\b6\b/);
    await using again = await startNode(runtime, redis, ["--partitions", "6"]);
    expect(await occupants(again.port, "hall")).toEqual(await occupants(first.port, "hall"));
  });

  it("is refused at once with code 2 where the address is none", async () => {
    const { code, sentence, all } = await start(["--engine", "redis://:secret@host:port"]);

    expect([code, sentence]).toEqual([
      2,
      expect.stringContaining('--engine: "redis://:***@host:port" is not'),
    ]);
    expect(all).not.toContain("secret");
  });

  /** Runs a start to its end; what it says beside its log must be one sentence and no stack. */
  async function start(
    args: readonly string[],
  ): Promise<{ readonly code: number | string; readonly sentence: string; readonly all: string }> {
    await using command = run(launcher, ["serve", "--runtime", runtime, "--port", "0", ...args]);
    const code = await within("The end of the command", command.finished, 50_000);
    const lines = command.err().split("\n");
    const said = lines.filter((line) => line !== "" && !line.startsWith("{"));
    expect([command.out(), said]).toEqual(["", [expect.stringMatching(/^hereabouts: /)]]);
    return { code, sentence: said[0] ?? "", all: command.err() };
  }
});
