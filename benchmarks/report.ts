/** The report of a run: where it was made, what was found, as JSON and as text. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { resolve } from "node:path";
import { runtimePath, runtimes } from "../packages/testkit/src/runtimes.ts";
import { type Comparison, isMet, type SuiteResult } from "./bench.ts";
import { cores } from "./launch.ts";
import { showSpread } from "./statistics.ts";

/** A whole run. The shape of the files in `results`. */
export interface Report {
  readonly command: string;
  /** ISO 8601, when the run began. */
  readonly date: string;
  readonly commit: string;
  /** Whether files differed from the commit: then the commit alone does not say what was measured. */
  readonly isCommitClean: boolean;
  readonly isQuick: boolean;
  readonly machine: Readonly<Record<string, string | number>>;
  /** Cores that the server and the load were tied to; `null` when they were not. */
  readonly cores: { readonly server: number; readonly load: number } | null;
  readonly runtimes: Readonly<Record<string, string>>;
  readonly suites: readonly SuiteResult[];
}

const root = resolve(import.meta.dirname, "..");

/** Everything about a run but what it found. */
export function describeRun(command: string, isQuick: boolean): Omit<Report, "suites"> {
  const processor = cpus();
  return {
    command,
    date: new Date().toISOString(),
    commit: git("rev-parse", "--short=12", "HEAD") ?? "unknown",
    isCommitClean: git("status", "--porcelain", "--untracked-files=no") === "",
    isQuick,
    machine: {
      processor: processor[0]?.model.trim() ?? "unknown",
      cores: processor.length,
      memoryGigabytes: Math.round(totalmem() / 1e9),
      kernel: `Linux ${release()}`,
    },
    cores: cores ?? null,
    runtimes: Object.fromEntries(runtimes.map((runtime) => [runtime, versionOf(runtimePath(runtime))])),
  };
}

/** The columns of a suite's table: all that any row has. */
export function columnsOf({ rows }: SuiteResult): readonly string[] {
  return [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
}

/** A suite's result as text. */
export function showSuite(result: SuiteResult): string {
  const columns = columnsOf(result);
  const head = ["", ...columns, ""];
  const lines = result.rows.map((row) => [
    row.name,
    ...columns.map((column) => {
      const figure = row.figures[column];
      return figure === undefined ? "" : showSpread(figure, digitsFor(figure.median));
    }),
    row.remark,
  ]);
  return [
    "",
    `${result.suite}: ${result.about}`,
    `  ${Object.entries(result.parameters)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}`,
    ...result.checks.map((check) => `  right: ${check}`),
    ...(result.noScores ?? []).map((reason) => `  no score: ${reason}`),
    ...(result.leftOut ?? []).map((reason) => `  left out: ${reason}`),
    ...table([head, ...lines]),
    ...result.comparisons.map(showComparison),
  ].join("\n");
}

function showComparison(comparison: Comparison): string {
  const { name, value, wanted } = comparison;
  const verdict =
    wanted === undefined
      ? ""
      : ` - wanted ${wanted.relation} ${wanted.limit}: ${isMet(comparison) === true ? "met" : "MISSED"}`;
  return `  ${name}: ${showSpread(value, 2)}${verdict}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ")}`.trimEnd(),
  );
}

function digitsFor(value: number): number {
  if (Math.abs(value) >= 100) return 0;
  return Math.abs(value) >= 10 ? 1 : 2;
}

function versionOf(executable: string): string {
  return execFileSync(executable, ["--version"], { encoding: "utf8" }).trim();
}

function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync("git", args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
