/**
 * Finds the runtime that the command runs on. Plain JavaScript, without packages: this much has to run on Node 20,
 * also before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What may be asked for. */
export const runtimeChoices = ["auto", "bun", "node"];

/** The oldest Bun and Node that the service runs on. */
export const oldest = { bun: [1, 4], node: [24, 0] };

const architecture = process.arch === "arm64" ? "aarch64" : process.arch;
const system = process.platform === "win32" ? "windows" : process.platform;
const suffix = process.platform === "win32" ? ".exe" : "";

/** Packages that hold a Bun for this platform: for glibc, for musl, for processors without AVX2. */
const bunPackages = ["", "-musl", "-baseline"].map((kind) => `@oven/bun-${system}-${architecture}${kind}`);

/** Packages that hold a Node for this platform. */
const nodePackages = [
  `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`,
  `node-bin-${process.platform}-${process.arch}`,
];

/**
 * The runtime to use: `{ name, version, program }`, or `{ problem }` with a sentence that says what to do.
 * `choice` is one of `runtimeChoices`; `from` is the file from whose place packages are looked for.
 */
export function findRuntime(choice, from) {
  const bun = choice === "node" ? undefined : findBun(from);
  const found = bun ?? (choice === "bun" ? undefined : findNode(from));
  return found ?? { problem: missing(choice) };
}

/** The Node to use, `{ name, version, program }`: this one when it is new enough, else one from a package. */
export function findNode(from) {
  if (isAtLeast(process.versions.node, oldest.node) && process.versions.bun === undefined) {
    return { name: "node", version: process.versions.node, program: process.execPath };
  }
  return firstOf("node", [
    ...nodePackages.map((name) => packaged(name, join("bin", `node${suffix}`), from)),
    process.platform === "win32" ? undefined : "node",
  ]);
}

/** The Bun to use, `{ name, version, program }`: one from a package, else the one on the PATH. */
export function findBun(from) {
  const path = join("bin", `bun${suffix}`);
  return firstOf("bun", [...bunPackages.map((name) => packaged(name, path, from)), "bun"]);
}

/** The arguments that start a program of ours on a runtime. `entry` is a file; sources are run as they are. */
export function runtimeArguments(name, entry) {
  const shared = ["--max-http-header-size=65536", ...(entry.endsWith(".ts") ? ["--conditions=source"] : [])];
  // Bun would read variables from a .env file and fetch missing packages; Node does neither.
  if (name === "bun") return [...shared, "--no-env-file", "--no-install", entry];
  return [...shared, "--disable-warning=ExperimentalWarning", entry];
}

function missing(choice) {
  const bun = `Bun ${oldest.bun.join(".")} or newer (https://bun.sh, or the npm package "bun")`;
  const node = `Node.js ${oldest.node[0]} or newer (https://nodejs.org)`;
  if (choice === "bun") return `No Bun was found to run on: install ${bun}, or use --runtime node.`;
  if (choice === "node") {
    return `This is Node.js ${process.versions.node}, which is too old to run on: install ${node}, or use --runtime bun.`;
  }
  return `No runtime was found to run on (this is Node.js ${process.versions.node}): install ${bun} or ${node}.`;
}

/** The path of a program in an installed package, or `undefined`. */
function packaged(name, path, from) {
  try {
    return join(dirname(createRequire(from).resolve(`${name}/package.json`)), path);
  } catch {
    return undefined;
  }
}

/** The first of these programs that starts and is new enough. */
function firstOf(name, programs) {
  for (const program of programs) {
    if (program === undefined) continue;
    const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 20_000 });
    const version = status === 0 ? stdout.trim().replace(/^v/, "") : "";
    if (isAtLeast(version, oldest[name])) return { name, version, program };
  }
  return undefined;
}

function isAtLeast(version, [major, minor]) {
  const [, haveMajor, haveMinor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  if (haveMajor === undefined) return false;
  return Number(haveMajor) > major || (Number(haveMajor) === major && Number(haveMinor) >= minor);
}
