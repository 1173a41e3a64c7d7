/** Writes RESULTS.md and its plots from the newest result of each suite. What was lost is shown like what was won. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Comparison, isMet, type SuiteResult } from "./bench.ts";
import { barsOf, numeral } from "./plots.ts";
import { columnsOf, type Report } from "./report.ts";
import type { Spread } from "./statistics.ts";

const folder = import.meta.dirname;

/** The suites of the page, their numbers and the figures drawn of them. */
const chapters: readonly {
  readonly suite: string;
  readonly title: string;
  readonly drawn: readonly string[];
}[] = [
  { suite: "heartbeats", title: "B1 Heartbeats", drawn: ["CPU us/request"] },
  { suite: "held", title: "B2 Held polls", drawn: ["RSS bytes/poll"] },
  { suite: "idle", title: "B2 Members on sockets", drawn: ["RSS bytes/member", "at rest us/member/min"] },
  { suite: "fan-out", title: "B3 Join fan-out", drawn: ["deliveries/CPU s", "p99 ms"] },
  { suite: "here-now", title: "B4 Here now", drawn: ["CPU us/request", "p99 ms"] },
  { suite: "expiry", title: "B5 Expiry", drawn: ["latest ms", "longest pause ms"] },
  { suite: "storm", title: "B6 Reconnect storm", drawn: ["peak / steady RSS"] },
  { suite: "ledger", title: "B7 The ledger alone", drawn: ["heap bytes/seat", "renewals/s"] },
  { suite: "interval", title: "B8 Interval mode", drawn: ["frames/s per observer"] },
  { suite: "growth", title: "How cost grows", drawn: [] },
  { suite: "long-poll", title: "A poll of 280 s", drawn: [] },
  { suite: "cluster-cost", title: "C1 What Redis is asked", drawn: [] },
  { suite: "cluster-nodes", title: "C2 One, two and four nodes", drawn: [] },
  { suite: "cluster-masters", title: "C2 Three masters", drawn: [] },
  { suite: "cluster-delivery", title: "C3 Delivery between nodes", drawn: [] },
];

/** The newest result of a suite, and the run that it is of. */
export interface Found {
  readonly report: Report;
  readonly result: SuiteResult;
}

/** Writes the page and its plots. */
export function writeResultsPage(say: (line: string) => void): void {
  const newest = newestResults();
  mkdirSync(join(folder, "plots"), { recursive: true });
  const parts = chapters.flatMap((chapter) => {
    const found = newest.get(chapter.suite);
    return found === undefined ? [] : [chapterOf(chapter, found)];
  });
  const missing = chapters.filter(({ suite }) => !newest.has(suite)).map(({ title }) => title);
  const lines = [
    "# Results of the benchmark",
    "",
    "Written by `npm run bench`; how it is measured is in [README.md](README.md). Every figure is the median of the",
    "rounds, with the least and the most in brackets. What has no target stands here as well, and so does what was missed.",
    "",
    ...summary([...newest.values()]),
    ...(missing.length > 0 ? [`Without results: ${missing.join(", ")}.`, ""] : []),
    ...parts,
  ];
  writeFileSync(join(folder, "RESULTS.md"), `${lines.join("\n").trimEnd()}\n`);
  say(`Written to ${join(folder, "RESULTS.md")}`);
}

/** The newest result of each suite, by its name. */
export function newestResults(): ReadonlyMap<string, Found> {
  const newest = new Map<string, Found>();
  for (const name of readdirSync(join(folder, "results")).sort()) {
    if (!name.endsWith(".json")) continue;
    const report: Report = JSON.parse(readFileSync(join(folder, "results", name), "utf8"));
    for (const result of report.suites) {
      const known = newest.get(result.suite);
      if (known === undefined || known.report.date < report.date)
        newest.set(result.suite, { report, result });
    }
  }
  return newest;
}

function summary(found: readonly Found[]): string[] {
  const rows = found.flatMap(({ result }) =>
    result.comparisons.flatMap((comparison) => {
      const { wanted, value } = comparison;
      if (wanted === undefined) return [];
      const verdict = isMet(comparison) === true ? "met" : "**missed**";
      return [
        `| ${result.suite} | ${comparison.name} | ${spread(value)} | ${wanted.relation} ${wanted.limit} | ${verdict} |`,
      ];
    }),
  );
  return ["| Suite | What | Found | Wanted | |", "| --- | --- | --- | --- | --- |", ...rows, ""];
}

function chapterOf({ suite, title, drawn }: (typeof chapters)[number], { report, result }: Found): string {
  const columns = columnsOf(result);
  const plots = drawn.flatMap((column, index) => {
    if (!columns.includes(column)) return [];
    const file = `plots/${suite}-${index + 1}.svg`;
    writeFileSync(join(folder, file), barsOf(title, column, result.rows));
    return [`![${title}: ${column}](${file})`, ""];
  });
  const versions = Object.entries(report.runtimes).map(([name, version]) => `${name} ${version}`);
  return [
    `## ${title}`,
    "",
    result.about,
    "",
    ...plots,
    ["", ...columns, ""].join(" | ").replace(/^/, "| ").replace(/ ?$/, " |"),
    `| --- |${" ---: |".repeat(columns.length)} --- |`,
    ...result.rows.map(
      (row) =>
        `| ${row.name} | ${columns.map((column) => spread(row.figures[column])).join(" | ")} | ${row.remark} |`,
    ),
    "",
    ...result.checks.map((check) => `- Found right: ${check}`),
    ...(result.noScores ?? []).map((reason) => `- **No score**: ${reason}`),
    ...(result.leftOut ?? []).map((reason) => `- Left out: ${reason}`),
    ...result.comparisons.map(comparisonLine),
    `- Measured ${report.date.slice(0, 16).replace("T", " ")} UTC, commit ${report.commit}${report.isCommitClean ? "" : " with changes"}, ` +
      `${report.machine.processor}, ${versions.join(", ")}; ${Object.entries(result.parameters)
        .map(([name, value]) => `${name} ${value}`)
        .join(", ")}.`,
    "",
  ].join("\n");
}

function comparisonLine(comparison: Comparison): string {
  const { name, value, wanted } = comparison;
  if (wanted === undefined) return `- ${name}: ${spread(value)}`;
  const verdict = isMet(comparison) === true ? "met" : "**missed**";
  return `- ${name}: ${spread(value)}; wanted ${wanted.relation} ${wanted.limit}: ${verdict}`;
}

function spread(figure: Spread | undefined): string {
  if (figure === undefined) return "";
  const { median, min, max } = figure;
  return `${numeral(median)} (${numeral(min)}-${numeral(max)})`;
}
