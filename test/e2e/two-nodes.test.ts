/** The README's two nodes on one Redis: every line of it, run as it stands but for the ports. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { freePort, startRedis } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

test("the README's two nodes on one Redis are one presence", async () => {
  await using redis = await startRedis();
  const ports: ReadonlyMap<string, number> = new Map([
    ["6379", redis.port],
    ["7401", await freePort()],
    ["7402", await freePort()],
  ]);
  const script = readFileSync(resolve(root, "examples/cluster/two-nodes.sh"), "utf8")
    .replace(/6379|7401|7402/g, (port) => `${ports.get(port)}`)
    .replaceAll(" &\n", " > /dev/null 2>&1 &\n")
    .replaceAll("curl -s '", "curl -sw '\\n' '");
  // A group of its own: what the script leaves in the background ends with it.
  const shell = spawn("sh", ["-s"], { cwd: root, detached: true, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => {
    if (shell.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
  });
  shell.stdin.end(script);
  let output = "";
  shell.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(shell, "close");
  const replies = output
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));

  const cursor = { t: expect.stringMatching(/^\d{17}$/), r: 1 };
  expect(code).toBe(0);
  expect(replies).toEqual([
    { t: cursor, m: [] },
    { status: 200, message: "OK", service: "Presence", occupancy: 1, uuids: ["ann"] },
    [1, "Sent", expect.stringMatching(/^\d{17}$/)],
    { t: cursor, m: [expect.objectContaining({ c: "lobby", d: "hello" })] },
  ]);
}, 90_000);
