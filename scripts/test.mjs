/**
 * `npm test [-- suite ...]`: sets up what it needs, runs the suites, and ends with `N passed, N failed`. Plain
 * JavaScript: it runs on Node 20 before any package is there. It needs git, Node 20 or newer and npm.
 */
import { ensurePackages } from "./lib/packages.mjs";
import { tooling } from "./lib/runtime.mjs";
import { runSteps, summaryTable } from "./lib/steps.mjs";
import { suites } from "./lib/suites.mjs";
import { isGood, sum, summaryLine } from "./lib/tally.mjs";

const wished = process.argv.slice(2);
const names = suites("").map(({ name }) => name);
const unknown = wished.filter((word) => !names.includes(word));

if (wished.includes("--help") || wished.includes("-h")) {
  console.log(help());
} else if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. The suites are ${names.join(", ")}.`);
  process.exitCode = 2;
} else {
  process.exitCode = await test();
}

async function test() {
  const problem = await ensurePackages();
  const node = problem === undefined ? tooling() : { problem };
  if (node.problem !== undefined) return endWithout(node.problem);
  const all = suites(node.program);
  const results = await runSteps(all.filter(({ name }) => wished.length === 0 || wished.includes(name)));
  const total = sum(results.map(({ tally }) => tally));
  console.log(`\n${summaryTable(results)}\n`);
  const good = isGood(total, { isBuildServer: process.env.CI === "true" });
  if (!good && total.failed === 0) console.log("Nothing may be skipped where CI=true.");
  console.log(summaryLine(total));
  return good ? 0 : 1;
}

/** The suites cannot be run at all, which counts as one failure. */
function endWithout(problem) {
  console.error(problem);
  console.log(summaryLine({ passed: 0, failed: 1, skipped: 0 }));
  return 1;
}

function help() {
  const lines = suites("").map(({ name, about }) => `  ${name.padEnd(13)}${about}`);
  return [
    "Usage: npm test [-- suite ...]",
    "",
    "Runs every suite, or those named, and keeps going after a failure:",
    ...lines,
    "",
    "The last line is `N passed, N failed`, and `, N skipped` when any were. Types, lint and docs count as one test",
    "each. With CI=true a skipped test is a failure.",
  ].join("\n");
}
