/**
 * Where scripts come from: the files in `lua/` beside `src` and `dist`, read once. Every script begins with the
 * functions of `common.lua`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Script } from "./port.ts";

const scripts = new Map<string, Script>();
const files = new Map<string, string>();

/**
 * The script of a file in `lua/`, by the file's name without `.lua`. `shared` are files of functions that stand between
 * `common.lua` and it; a script is always loaded with the same ones.
 */
export function loadScript(name: string, ...shared: readonly string[]): Script {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const source = ["common", ...shared, name].map(readLua).join("\n");
  const script: Script = { name, source, sha: createHash("sha1").update(source).digest("hex") };
  scripts.set(name, script);
  return script;
}

function readLua(name: string): string {
  const known = files.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), "utf8");
  files.set(name, text);
  return text;
}
