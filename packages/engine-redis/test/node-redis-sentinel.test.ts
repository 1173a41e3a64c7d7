import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNodeRedisPort } from "@hereabouts/engine-redis";
import { freePort, redisCommand, redisProgram, startRedis } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { echo, publish } from "./scripts.ts";

/** A Sentinel that watches a master; it alone decides. */
async function startSentinel(masterPort: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "hereabouts-sentinel-"));
  const file = join(directory, "sentinel.conf");
  const port = await freePort();
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${directory}`,
    `sentinel monitor seats 127.0.0.1 ${masterPort} 1`,
    "sentinel down-after-milliseconds seats 500",
    "sentinel failover-timeout seats 3000",
  ];
  writeFileSync(file, lines.join("\n"));
  const child = spawn(redisProgram(), [file, "--sentinel"], { stdio: "ignore" });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });
  await eventually(
    async () => (await redisCommand(port, "PING").catch(() => "")) === "PONG",
    "Sentinel answers",
  );
  return port;
}

test("behind Sentinels the new master is found when the old one dies, and subscriptions go with it", async () => {
  const master = await startRedis();
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", `${master.port}`] });
  for (const server of [master, replica]) onTestFinished(() => server[Symbol.asyncDispose]());
  const sentinel = await startSentinel(master.port);
  await eventually(
    async () => /num-slaves,1/.test(String(await redisCommand(sentinel, "SENTINEL", "MASTER", "seats"))),
    "Sentinel knows the replica",
  );
  const port = await openNodeRedisPort(`redis+sentinel://127.0.0.1:1,127.0.0.1:${sentinel}/seats`, {
    commandMs: 1_000,
  });
  onTestFinished(() => port.close());
  const heard: string[] = [];
  let gaps = 0;
  port.onGap(() => gaps++);
  await port.subscribe("news", (message) => heard.push(message));
  expect((await port.masters()).map(({ address }) => address)).toEqual([master.address]);
  await master.kill();
  await eventually(async () => {
    const masters = await port.masters().catch(() => []);
    return masters[0]?.address === replica.address;
  }, "the new master was found");
  expect(await port.run(echo, ["k"], ["1"])).toBe("1");
  await eventually(() => gaps > 0, "the gap was told");
  await port.run(publish, ["news"], ["2"]);
  await eventually(() => heard.includes("2"), "messages come again");
}, 60_000);

test("a master that Sentinels do not know is refused by its name", async () => {
  const master = await startRedis();
  onTestFinished(() => master[Symbol.asyncDispose]());
  const sentinel = await startSentinel(master.port);
  await expect(openNodeRedisPort(`redis+sentinel://127.0.0.1:${sentinel}/others`)).rejects.toThrow(
    `The Sentinel 127.0.0.1:${sentinel} knows no master named "others"`,
  );
});
