/** Redis servers whose own clocks are apart: nothing may depend on them. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startRedisCluster } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { freshPrefix, type Node, openNode } from "../log/node.ts";
import { wander } from "../log/wandering.ts";

/** Lets the redis-servers that start from now on have clocks that are off by these milliseconds, in turn. */
function shiftClocks(shiftsMs: readonly [number, number, number]): void {
  const directory = mkdtempSync(join(tmpdir(), "hereabouts-clocks-"));
  const library = join(directory, "shifted-clock.so");
  const source = fileURLToPath(new URL("shifted-clock.c", import.meta.url));
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source]);
  const program = join(directory, "redis-server");
  const real = process.env.HEREABOUTS_REDIS;
  writeFileSync(
    program,
    `#!/bin/sh
n=0
while ! mkdir "${directory}/$n" 2>/dev/null; do n=$((n + 1)); done
case $((n % 3)) in 0) shift_ms=${shiftsMs[0]} ;; 1) shift_ms=${shiftsMs[1]} ;; *) shift_ms=${shiftsMs[2]} ;; esac
CLOCK_SHIFT_MS=$shift_ms LD_PRELOAD="${library}" exec "${real || "redis-server"}" "$@"
`,
  );
  chmodSync(program, 0o755);
  process.env.HEREABOUTS_REDIS = program;
  onTestFinished(() => {
    if (real === undefined) delete process.env.HEREABOUTS_REDIS;
    else process.env.HEREABOUTS_REDIS = real;
    rmSync(directory, { recursive: true, force: true });
  });
}

test("readers get everything once and in order on servers whose clocks are 200 ms off either way", async () => {
  shiftClocks([-200, 200, 0]);
  await using cluster = await startRedisCluster();
  const prefix = freshPrefix();
  const nodes: Node[] = [];
  for (const skew of [-100, 100, 0])
    nodes.push(await openNode({ url: cluster.url, prefix, now: Date.now() + skew }));
  const masters = (await nodes[0]?.context.port.masters()) ?? [];
  const times = masters.map(({ timeMs }) => timeMs);
  const { written, read } = await wander({ nodes, seed: 8, forMs: 1_500, skewsMs: [-100, 100, 0] });
  const areApart = Math.max(...times) - Math.min(...times) > 300;
  for (const node of nodes) await node.close();
  expect([masters.length, areApart, written > 100, read > 100]).toEqual([3, true, true, true]);
});
