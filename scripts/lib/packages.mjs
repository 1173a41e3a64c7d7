/** Makes sure that the packages of the lock file are installed. Plain JavaScript without packages, for Node 20. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { run } from "./run.mjs";

/**
 * Installs the packages of `package-lock.json` unless they are there. Says what it does; returns a sentence when it
 * fails, else `undefined`.
 */
export async function ensurePackages(say = console.log) {
  const reason = staleness(
    readJson("package-lock.json"),
    readJson(join("node_modules", ".package-lock.json")),
  );
  if (reason === undefined) return undefined;
  say(`Installing packages, for ${reason} (npm ci; a minute or so, about 660 MB) ...`);
  const started = performance.now();
  const ticker = setInterval(() => say(`  ... ${seconds(started)} s`), 15_000);
  const { code } = await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  clearInterval(ticker);
  if (code === 0) {
    say(`Packages are installed (${seconds(started)} s).`);
    return undefined;
  }
  return [
    `npm ci failed with code ${code}; its own words are above.`,
    "If the registry could not be reached, check the network, the proxy and `npm config get registry`, then try again.",
  ].join("\n");
}

/** Why installed packages are not those of a lock, or `undefined` when they are. Arguments: parsed lock files. */
export function staleness(lock, installed) {
  if (lock === undefined) throw new Error("package-lock.json is missing or cannot be read");
  if (installed === undefined) return "none are installed";
  const have = new Map(Object.entries(installed.packages ?? {}));
  for (const [path, { version, optional, link }] of Object.entries(lock.packages)) {
    // Workspaces are links to folders of the repository; optional packages may be for other platforms.
    if (!path.startsWith("node_modules/") || link) continue;
    const found = have.get(path);
    if (found === undefined && !optional) return `${path} is missing`;
    if (found !== undefined && found.version !== version) {
      return `${path} is ${found.version} instead of ${version}`;
    }
  }
  return undefined;
}

/** Runs npm: the one that runs this script, else the one on the PATH. */
function npm(args) {
  const script = process.env.npm_execpath;
  // Not this Node, which may be one of the packages that are about to be replaced.
  const node = process.env.npm_node_execpath ?? process.execPath;
  if (script?.endsWith(".js") && existsSync(script)) return run(node, [script, ...args]);
  return run("npm", args, { shell: process.platform === "win32" });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8"));
  } catch {
    return undefined;
  }
}

function seconds(started) {
  return Math.round((performance.now() - started) / 1_000);
}
