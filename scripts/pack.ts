/** Packs every published package into `.cache/packages`. Build first. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pack, published } from "./lib/pack.ts";
import { cache } from "./lib/root.mjs";

const into: string = join(cache, "packages");
mkdirSync(into, { recursive: true });
for (const name of published) console.log(await pack(name, into));
