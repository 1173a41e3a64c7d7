/** Real sockets that close: with leave on disconnect their users leave, and clients that change nodes do not. */
import { spawn } from "node:child_process";
import { type Runtime, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { startRedis } from "@hereabouts/testkit/cluster";
import { describe, expect, it } from "vitest";
import { type Follower, follow } from "./support/follower.ts";
import { send } from "./support/http.ts";
import { eventOf, handshake, occupants, poll, publish, time } from "./support/service.ts";
import { until } from "./support/until.ts";

const graceMs = 1_000;

const env = {
  HEREABOUTS_KEYSETS: JSON.stringify([
    {
      ...{ subscribeKey: "demo", publishKey: "demo" },
      ...{ leaveOnDisconnect: true, disconnectGraceSeconds: graceMs / 1_000 },
    },
  ]),
};

function start(runtime: Runtime, args: readonly string[] = []): Promise<ServerProcess> {
  return startServer({ runtime, args, env });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Longer than a poll takes to arrive and be held. */
const arriveMs = 200;

/** A poll of `ann` in the hall, held; closing it is no error of the test's. */
async function hold(port: number, from: string): Promise<() => void> {
  const held = poll(port, "hall", "ann", from);
  held.reply.catch(() => {});
  await sleep(arriveMs);
  return held.drop;
}

async function watch(port: number): Promise<Follower> {
  return follow(port, "hall-pnpres", "watcher", await time(port));
}

function briefs({ items }: Follower): readonly string[] {
  return items.map((item) => {
    const { action, uuid, occupancy } = eventOf(item);
    return `${action} ${uuid} ${occupancy}`;
  });
}

describe.each(runtimes)("a client that closes its connection, on %s", (runtime) => {
  it("[S-071] leaves after the grace period, not before", async () => {
    await using server = await start(runtime);
    const { port } = server;
    using watcher = await watch(port);
    const drop = await hold(port, await handshake(port, "hall", "ann"));

    const droppedAt = performance.now();
    drop();
    await watcher.saw("the leave", (item) => eventOf(item).action === "leave");
    const afterMs = performance.now() - droppedAt;

    expect(briefs(watcher)).toEqual(["join ann 1", "leave ann 0"]);
    expect(afterMs).toBeGreaterThan(graceMs - 100);
    expect(afterMs).toBeLessThan(graceMs + 2_000);
    expect(await occupants(port, "hall")).toEqual([]);
  });

  it("[S-071] leaves when its process is killed, too", async () => {
    await using server = await start(runtime);
    const { port } = server;
    using watcher = await watch(port);
    const from = await handshake(port, "hall", "ann");
    const target = `http://127.0.0.1:${port}/v2/subscribe/demo/hall/0?uuid=ann&tt=${from}&tr=1`;
    const program = `fetch(process.argv[1]).then(() => process.exit(1))`;
    const child = spawn(process.execPath, ["-e", program, target], { stdio: "ignore" });
    await sleep(1_500);

    child.kill("SIGKILL");
    await watcher.saw("the leave", (item) => eventOf(item).action === "leave");

    expect(child.exitCode).toBe(null);
    expect(briefs(watcher)).toEqual(["join ann 1", "leave ann 0"]);
  });

  it("[S-072] [S-073] stays when it polls again, and between polls that are answered", async () => {
    await using server = await start(runtime);
    const { port } = server;
    using watcher = await watch(port);
    const from = await handshake(port, "hall", "ann");
    for (let change = 0; change < 3; change += 1) {
      const drop = await hold(port, from);
      drop();
      await sleep(graceMs / 3);
    }
    const answered = poll(port, "hall", "ann", from);
    await sleep(arriveMs);
    await publish(port, "hall", "hello");
    expect((await answered.reply).status).toBe(200);
    await sleep(2 * graceMs);

    expect(briefs(watcher)).toEqual(["join ann 1"]);
    expect(await occupants(port, "hall")).toEqual(["ann"]);
  });

  it("does nothing by closing a connection that only carried heartbeats", async () => {
    await using server = await start(runtime);
    const { port } = server;
    using watcher = await watch(port);

    await send(port, "/v2/presence/sub-key/demo/channel/hall/heartbeat?uuid=ann&heartbeat=60").reply;
    await sleep(2 * graceMs);

    expect(briefs(watcher)).toEqual(["join ann 1"]);
  });
});

describe.each(runtimes)("a client between two nodes on one Redis, on %s", (runtime) => {
  it("[S-072] stays when it closes its poll at one and opens it at the other, whichever comes first", async () => {
    await using redis = await startRedis();
    await using one = await start(runtime, ["--engine", redis.url]);
    await using other = await start(runtime, ["--engine", redis.url]);
    using watcher = await watch(other.port);
    const from = await handshake(one.port, "hall", "ann");

    const first = await hold(one.port, from);
    first();
    await sleep(graceMs / 2);
    const second = await hold(other.port, from);
    await sleep(2 * graceMs);
    const third = await hold(one.port, from);
    // Its node heard of the new poll long before it hears of the close, and no request comes any more that would tell.
    second();
    await sleep(2 * graceMs);
    expect(briefs(watcher)).toEqual(["join ann 1"]);
    third();
    await watcher.saw("the leave", (item) => eventOf(item).action === "leave");

    expect(briefs(watcher)).toEqual(["join ann 1", "leave ann 0"]);
    expect(
      await until("nobody", async () =>
        (await occupants(one.port, "hall")).length === 0 ? "nobody" : undefined,
      ),
    ).toBe("nobody");
  });

  it("[S-071] leaves once when its node is told of the close, also when that node dies before the grace is over", async () => {
    await using redis = await startRedis();
    await using one = await start(runtime, ["--engine", redis.url]);
    await using other = await start(runtime, ["--engine", redis.url]);
    using watcher = await watch(other.port);
    const drop = await hold(one.port, await handshake(one.port, "hall", "ann"));

    drop();
    await sleep(graceMs / 2);
    one.kill("SIGKILL");
    await watcher.saw("the leave", (item) => eventOf(item).action === "leave");
    await sleep(graceMs);

    expect(briefs(watcher)).toEqual(["join ann 1", "leave ann 0"]);
  });
});
