/** Runs every scenario against the server at the origin that is the first argument, on whichever runtime runs this. */
import { scenarios } from "./scenarios.ts";

const [origin] = process.argv.slice(2);
if (origin === undefined) throw new Error("Usage: run-scenarios.ts ORIGIN");

let failed = 0;
for (const { name, run } of scenarios) {
  try {
    await run(origin);
    console.log(`passed: ${name}`);
  } catch (problem) {
    failed += 1;
    console.log(`FAILED: ${name}\n${problem instanceof Error ? problem.stack : String(problem)}`);
  }
}
console.log(`${scenarios.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
