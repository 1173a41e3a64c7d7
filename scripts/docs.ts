/**
 * Writes the generated parts of the documentation: what stands between `<!-- generated: NAME -->` and
 * `<!-- end of generated -->`. With `--check` it writes nothing and fails when something would change.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { optionTables } from "@hereabouts/server";
import { withGenerated } from "./lib/generated.ts";

const page: string = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));
const before: string = readFileSync(page, "utf8");
const after: string = withGenerated(before, new Map([["options", optionTables()]]));

if (before === after) {
  console.log("docs/configuration.md is up to date.");
} else if (process.argv.includes("--check")) {
  console.error("docs/configuration.md is out of date: run npm run docs.");
  process.exitCode = 1;
} else {
  writeFileSync(page, after);
  console.log("docs/configuration.md is written anew.");
}
