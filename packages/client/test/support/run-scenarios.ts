/** Runs every scenario, over streams and polls, against the server at the origin that is the first argument, on whichever runtime runs this. */
import { carriages, scenarios } from "./scenarios.ts";

const [origin] = process.argv.slice(2);
if (origin === undefined) throw new Error("Usage: run-scenarios.ts ORIGIN");

let failed = 0;
const all = carriages.flatMap((stream) => scenarios.map((scenario) => ({ ...scenario, stream })));
for (const { name, run, stream } of all) {
  try {
    await run(origin, stream);
    console.log(`passed with stream ${stream}: ${name}`);
  } catch (problem) {
    failed += 1;
    console.log(
      `FAILED with stream ${stream}: ${name}\n${problem instanceof Error ? problem.stack : String(problem)}`,
    );
  }
}
console.log(`${all.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
