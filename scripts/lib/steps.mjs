/** Runs steps in order, and says which one is under way and how long it took. */
import { summaryLine } from "./tally.mjs";

/**
 * Runs every step, also after one has failed. A step is `{ name, run }`; `run` resolves with a tally, which may have
 * a `remark`. Resolves with `{ name, tally, seconds }` of each.
 */
export async function runSteps(steps, say = console.log) {
  const results = [];
  for (const [index, { name, run }] of steps.entries()) {
    say(`[${index + 1}/${steps.length}] ${name} ...`);
    const started = performance.now();
    const tally = await run();
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    results.push({ name, tally, seconds });
    say(`[${index + 1}/${steps.length}] ${name}: ${describe(tally)} (${seconds} s)`);
  }
  return results;
}

/** A table of what steps came to. */
export function summaryTable(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  return results
    .map(({ name, tally, seconds }) => {
      const mark = tally.failed > 0 ? "FAIL" : "ok  ";
      return `  ${mark} ${name.padEnd(width)}  ${describe(tally)} (${seconds} s)`;
    })
    .join("\n");
}

function describe(tally) {
  return `${summaryLine(tally)}${tally.remark === undefined ? "" : `: ${tally.remark}`}`;
}
