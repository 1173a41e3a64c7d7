/**
 * Where scripts come from: the files in `lua/` beside `src` and `dist`, read once. A script begins with the functions of
 * `common.lua`, but for those that say that they stand alone.
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
  return scripts.get(name) ?? createScript(name, ["common", ...shared, name]);
}

/** The script of a file in `lua/` that stands alone: where every microsecond counts, so do functions nobody calls. */
export function loadScriptAlone(name: string): Script {
  return scripts.get(name) ?? createScript(name, [name]);
}

function createScript(name: string, parts: readonly string[]): Script {
  const source = parts.map(readLua).join("\n");
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
