/**
 * Loaded before a measured server by the memory bench: on SIGUSR2 it collects garbage and writes what the runtime says
 * about its heap to the file named by BENCH_SETTLE_FILE. Nothing else of the server is touched.
 */
import { renameSync, writeFileSync } from "node:fs";

const path = process.env.BENCH_SETTLE_FILE;
let sequence = 0;

async function settle() {
  const jsc = process.versions.bun === undefined ? undefined : await import("bun:jsc");
  for (let turn = 0; turn < 4; turn++) {
    if (jsc === undefined) globalThis.gc?.();
    if (jsc !== undefined) globalThis.Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  const heap = jsc?.heapStats();
  const counts = Object.entries(heap?.objectTypeCounts ?? {}).sort((a, b) => b[1] - a[1]);
  const report = {
    sequence: ++sequence,
    heapBytes: heap?.heapSize ?? heapUsed,
    externalBytes: heap?.extraMemorySize ?? external,
    objects: Object.fromEntries(counts.slice(0, 25)),
  };
  writeFileSync(`${path}.part`, JSON.stringify(report));
  renameSync(`${path}.part`, path);
}

if (path !== undefined) process.on("SIGUSR2", () => void settle());
