/** Finds a redis-server for the suites of the cluster, and installs Debian's where there is none. Plain JavaScript, for Node 20. */
import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

const names = ["redis-server", "valkey-server"];
/** While packages are installed, this keeps their services from being started. */
const policy = "/usr/sbin/policy-rc.d";

/**
 * The program of a redis-server: what the variable HEREABOUTS_REDIS names, else one on the PATH; `undefined` when there
 * is none. A variable that names no program is not replaced by another Redis.
 */
export function findRedis(env = process.env) {
  const named = env.HEREABOUTS_REDIS;
  if (named !== undefined && named !== "") return isProgram(named) ? named : undefined;
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .flatMap((directory) => names.map((name) => join(directory, name)))
    .find(isProgram);
}

/**
 * Sees to it that there is a redis-server: on Debian, and as root, by its package `redis-server`, without starting its
 * service. At once when there is one. Returns a sentence why it cannot be had, else `undefined`.
 */
export async function ensureRedis(say = console.log, env = process.env) {
  if (findRedis(env) !== undefined) return undefined;
  const named = env.HEREABOUTS_REDIS;
  if (named !== undefined && named !== "") return `HEREABOUTS_REDIS is no program: ${named}`;
  if (!isDebianRoot()) {
    return "there is no redis-server (set HEREABOUTS_REDIS, or install one; on Debian and as root it is installed here)";
  }
  say("Installing Debian's package redis-server for the suites of the cluster ...");
  const failure = await withoutServices(() => install(say));
  if (failure !== undefined) return failure;
  if (findRedis(env) === undefined)
    return "the package redis-server was installed, but there is no redis-server";
  say("redis-server is installed.");
  return undefined;
}

async function install(say) {
  for (const step of [["update"], ["install", "-y", "--no-install-recommends", "redis-server"]]) {
    say(`  apt-get ${step.join(" ")} ...`);
    const { code, output } = await run("apt-get", step, {
      capture: true,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    if (code !== 0) return `apt-get ${step[0]} failed: ${output.trim().split("\n").at(-1) ?? ""}`;
  }
  return undefined;
}

/** Does something while no package may start a service. A policy that is there already stays as it is. */
async function withoutServices(work) {
  if (existsSync(policy)) return work();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(policy, { force: true });
  }
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isDebianRoot() {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}
