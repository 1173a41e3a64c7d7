/**
 * Loaded before a measured server: on SIGUSR2 it collects garbage and writes what the runtime says about its heap to the
 * file named by BENCH_SETTLE_FILE. With BENCH_PULSE it also watches the event loop from inside, by a timer that should
 * run every two milliseconds: how much later it ran is how long the loop was kept, by work or by collecting garbage.
 * Nothing else of the server is touched.
 */
import { renameSync, writeFileSync } from "node:fs";

const path = process.env.BENCH_SETTLE_FILE;
let sequence = 0;

const pulseMs = 2;
/** Pauses shorter than this are not kept, in milliseconds. */
const pauseMin = 5;
const pausesMax = 100_000;
let pauses = [];

function watchPulse() {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const pause = now - last - pulseMs;
    last = now;
    if (pause >= pauseMin && pauses.length < pausesMax) pauses.push([Date.now() - pause, pause]);
  }, pulseMs).unref();
}

async function settle() {
  const seen = pauses;
  pauses = [];
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
    pauses: seen,
    objects: Object.fromEntries(counts.slice(0, 25)),
  };
  writeFileSync(`${path}.part`, JSON.stringify(report));
  renameSync(`${path}.part`, path);
}

if (path !== undefined) process.on("SIGUSR2", () => void settle());
if (process.env.BENCH_PULSE !== undefined) watchPulse();
