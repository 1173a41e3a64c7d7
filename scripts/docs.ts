/**
 * Writes the generated parts of the documentation: what stands between `<!-- generated: NAME -->` and
 * `<!-- end of generated -->`. A test fails while they are out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { optionTables } from "@hereabouts/server";
import { withGenerated } from "./lib/generated.ts";

const page: string = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));
const before: string = readFileSync(page, "utf8");
const after: string = withGenerated(before, new Map([["options", optionTables()]]));

writeFileSync(page, after);
console.log(`docs/configuration.md ${before === after ? "was" : "is now"} up to date.`);
