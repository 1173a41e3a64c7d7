/** The bench: measures Hereabouts beside bare HTTP servers and writes what it found. Run with `npm run bench`. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ensureRedis } from "../scripts/lib/redis.mjs";
import type { Bench, SuiteResult } from "./bench.ts";
import { startLoad } from "./load-process.ts";
import { help, type Options, parseOptions, type SuiteName } from "./options.ts";
import { describeRun, type Report, showSuite } from "./report.ts";
import { writeResultsPage } from "./results-page.ts";
import { writeScalePage } from "./scale.ts";
import { clusterCost } from "./suites/cluster/cost.ts";
import { clusterDelivery } from "./suites/cluster/delivery.ts";
import { clusterMasters } from "./suites/cluster/masters.ts";
import { clusterNodes } from "./suites/cluster/nodes.ts";
import { expiry } from "./suites/expiry.ts";
import { fanOutSuite } from "./suites/fan-out.ts";
import { growth } from "./suites/growth.ts";
import { heartbeats } from "./suites/heartbeats.ts";
import { held } from "./suites/held.ts";
import { hereNowSuite } from "./suites/here-now.ts";
import { idle } from "./suites/idle.ts";
import { interval } from "./suites/interval.ts";
import { ledgerSuite } from "./suites/ledger.ts";
import { longPoll } from "./suites/long-poll.ts";
import { storm } from "./suites/storm.ts";

const suites: Readonly<Record<SuiteName, (bench: Bench) => Promise<SuiteResult>>> = {
  heartbeats,
  held,
  idle,
  "fan-out": fanOutSuite,
  "here-now": hereNowSuite,
  expiry,
  storm,
  ledger: ledgerSuite,
  interval,
  growth,
  "long-poll": longPoll,
  "cluster-cost": clusterCost,
  "cluster-nodes": clusterNodes,
  "cluster-masters": clusterMasters,
  "cluster-delivery": clusterDelivery,
};

const args = process.argv.slice(2);
process.exitCode = await main(args);

async function main(commandLine: readonly string[]): Promise<number> {
  const options = parseOptions(commandLine);
  if (options === "help") {
    console.log(help);
    return 0;
  }
  if (typeof options === "string") {
    console.error(options);
    return 2;
  }
  if (!existsSync("/proc/self/stat")) {
    console.error("The bench reads /proc and needs Linux.");
    return 1;
  }
  try {
    if (options.order === "report") {
      writeResultsPage(console.log);
      return 0;
    }
    if (options.order === "scale") {
      writeScalePage(console.log);
      return 0;
    }
    return await measure(options, ["npm run bench --", ...commandLine].join(" "));
  } catch (error) {
    console.error(error);
    return 1;
  }
}

/** Runs the suites and writes what each found as soon as it has: what ends the run early costs no more than a suite. */
async function measure(options: Options, command: string): Promise<number> {
  const about = describeRun(command, options.isQuick);
  console.log(JSON.stringify(about, null, 2));
  const redisProblem = await redisProblemOf(options);
  const load = startLoad();
  const results: SuiteResult[] = [];
  try {
    const { runtimes, isQuick, rounds } = options;
    const bench: Bench = { load, runtimes, isQuick, rounds, redisProblem, say: console.log };
    for (const [index, name] of options.suites.entries()) {
      console.log(`\n${name} (${index + 1} of ${options.suites.length})`);
      const startedAt = performance.now();
      const result = await suites[name](bench);
      results.push(result);
      console.log(showSuite(result));
      console.log(`  took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
      save(options, about, results);
    }
  } finally {
    load.stop();
  }
  return results.some(({ noScores = [] }) => noScores.length > 0) ? 1 : 0;
}

/** Sees to it that there is a redis-server where one is needed; else says why there is none. */
async function redisProblemOf({ suites: names }: Options): Promise<string | undefined> {
  const isNeeded = names.some((name) => name === "heartbeats" || name.startsWith("cluster"));
  return isNeeded ? await ensureRedis(console.log) : undefined;
}

function save(options: Options, about: Omit<Report, "suites">, results: readonly SuiteResult[]): void {
  const newest = results.at(-1);
  if (newest === undefined || (options.out === undefined && options.isQuick)) return;
  const stamp = about.date.slice(0, 16).replace(/[-:]/g, "");
  const path = resolve(options.out ?? `${import.meta.dirname}/results/${stamp}-${newest.suite}.json`);
  const report: Report = { ...about, suites: options.out === undefined ? [newest] : results };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`  written to ${path}`);
  if (options.out === undefined) writeResultsPage(console.log);
}
