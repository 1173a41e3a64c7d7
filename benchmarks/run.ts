/** The bench: measures Hereabouts beside bare HTTP servers and writes what it found. Run with `npm run bench`. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Bench, SuiteResult } from "./bench.ts";
import { startLoad } from "./load-process.ts";
import { help, type Options, parseOptions, type SuiteName } from "./options.ts";
import { describeRun, type Report, showSuite } from "./report.ts";
import { writeResultsPage } from "./results-page.ts";
import { clusterCost } from "./suites/cluster/cost.ts";
import { clusterDelivery } from "./suites/cluster/delivery.ts";
import { clusterMasters } from "./suites/cluster/masters.ts";
import { clusterNodes } from "./suites/cluster/nodes.ts";
import { fanOutSuite } from "./suites/fan-out.ts";
import { heartbeats } from "./suites/heartbeats.ts";
import { held } from "./suites/held.ts";
import { hereNowSuite } from "./suites/here-now.ts";
import { idle } from "./suites/idle.ts";
import { ledgerSuite } from "./suites/ledger.ts";
import { longPoll } from "./suites/long-poll.ts";
import { storm } from "./suites/storm.ts";

const suites: Readonly<Record<SuiteName, (bench: Bench) => Promise<SuiteResult>>> = {
  heartbeats,
  held,
  idle,
  "fan-out": fanOutSuite,
  storm,
  ledger: ledgerSuite,
  "here-now": hereNowSuite,
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
    if (options.isReportOnly) {
      writeResultsPage(console.log);
      return 0;
    }
    const report = await measure(options, ["npm run bench --", ...commandLine].join(" "));
    save(options, report);
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  }
}

async function measure(options: Options, command: string): Promise<Report> {
  const about = describeRun(command, options.isQuick);
  console.log(JSON.stringify(about, null, 2));
  const load = startLoad();
  try {
    const bench: Bench = {
      load,
      runtimes: options.runtimes,
      isQuick: options.isQuick,
      rounds: options.rounds,
      say: console.log,
    };
    const results: SuiteResult[] = [];
    for (const name of options.suites) {
      console.log(`\n${name}`);
      const result = await suites[name](bench);
      results.push(result);
      console.log(showSuite(result));
    }
    return { ...about, suites: results };
  } finally {
    load.stop();
  }
}

function save(options: Options, report: Report): void {
  if (options.out === undefined && options.isQuick) return;
  const stamp = report.date.slice(0, 16).replace(/[-:]/g, "");
  const path = resolve(
    options.out ??
      `${import.meta.dirname}/results/${stamp}-${options.suites.length > 3 ? "several" : options.suites.join("-")}.json`,
  );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nWritten to ${path}`);
  if (options.out === undefined) writeResultsPage(console.log);
}
