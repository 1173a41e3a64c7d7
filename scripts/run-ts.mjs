/** `node scripts/run-ts.mjs FILE [arguments]`: runs one of the project's TypeScript programs on Node 24. */
import { ensurePackages } from "./lib/packages.mjs";
import { run } from "./lib/run.mjs";
import { sourceArguments, tooling } from "./lib/runtime.mjs";

const [entry, ...args] = process.argv.slice(2);
const problem =
  entry === undefined ? "usage: node scripts/run-ts.mjs FILE [arguments]" : await ensurePackages();
const node = problem === undefined ? tooling() : { problem };
if (node.problem === undefined) {
  const { code } = await run(node.program, [...sourceArguments(entry), ...args]);
  process.exitCode = code;
} else {
  console.error(node.problem);
  process.exitCode = 2;
}
