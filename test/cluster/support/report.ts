/** Keeps what scenarios came to, one file each, and makes the table of docs/reliability.md from them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { withGenerated } from "../../../scripts/lib/generated.ts";
import type { Outcome } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";

const root = resolve(import.meta.dirname, "../../..");
const folder = join(root, "test/cluster/results");
const page = join(root, "docs/reliability.md");

/** Writes an outcome to its file; gives the file's path from the root. */
export function keepOutcome(outcome: Outcome): string {
  mkdirSync(folder, { recursive: true });
  const name = `${outcome.scenario}.${outcome.runtime}.${outcome.transport}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(outcome, null, 2)}\n`);
  return `test/cluster/results/${name}`;
}

/** Every kept outcome. */
export function keptOutcomes(): readonly Outcome[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Outcome);
}

/** The page with the table made anew from the kept outcomes, beside the page as it is. */
export function pageWithTable(scenarios: readonly Scenario[]): {
  readonly is: string;
  readonly shouldBe: string;
} {
  const is = readFileSync(page, "utf8");
  return { is, shouldBe: withGenerated(is, new Map([["faults", faultTable(keptOutcomes(), scenarios)]])) };
}

/** Puts the table into the page. */
export function writeTable(scenarios: readonly Scenario[]): void {
  writeFileSync(page, pageWithTable(scenarios).shouldBe);
}

const columns = [
  "Fault",
  "Nodes run on",
  "Users hold",
  "Lasted",
  "False leaves, timeouts, joins",
  "Ghosts",
  "Events told / twice / never",
  "Messages owed / twice / lost",
  "Channels with a new epoch (rejoins)",
  "All agree after",
  "Held again after",
  "Timeouts late by at most",
  "Event to watcher, p99 / most",
  "Requests refused or broken off",
] as const;

/** The table, and below it where and when its rows were measured. */
export function faultTable(outcomes: readonly Outcome[], scenarios: readonly Scenario[]): string {
  const known = scenarios.flatMap((scenario) =>
    outcomes.filter(({ scenario: name }) => name === scenario.name).map((outcome) => ({ scenario, outcome })),
  );
  const rows = known.map(({ scenario, outcome }) => row([scenario.title, ...cells(outcome)]));
  const origins = new Set(known.map(({ outcome }) => originOf(outcome)));
  return [
    row(columns),
    row(columns.map(() => "---")),
    ...rows,
    "",
    ...[...origins].map((line) => `- ${line}`),
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cells(outcome: Outcome): readonly string[] {
  return [
    outcome.runtime,
    `${outcome.transport}s`,
    duration(outcome.faultMs),
    number(outcome.falseLeaves + outcome.falseJoins),
    number(outcome.ghosts),
    [outcome.events, outcome.toldTwice, outcome.neverTold].map(number).join(" / "),
    [outcome.messagesOwed, outcome.messagesDoubled, outcome.messagesLost].map(number).join(" / "),
    `${number(outcome.channelsWithNewEpoch)} (${number(outcome.rejoins)})`,
    duration(outcome.agreeMs),
    duration(outcome.heldMs),
    duration(outcome.timeoutLateMs),
    `${duration(outcome.deliveryP99Ms)} / ${duration(outcome.deliveryMaxMs)}`,
    `${number(outcome.requestsFailed)} of ${number(outcome.requests)}`,
  ];
}

function originOf(outcome: Outcome): string {
  const { date, machine, users, nodes, transport, presenceTimeoutSeconds, command } = outcome;
  const kind = transport === "stream" ? "seats of streams time out after" : "presence timeout";
  return `${date}, ${machine}: ${number(users)} users on ${nodes} nodes, ${kind} ${presenceTimeoutSeconds} s, \`${command}\``;
}

/** Milliseconds as people read them. */
function duration(ms: number): string {
  if (ms < 0) return "never";
  if (ms < 1_000) return `${ms} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
