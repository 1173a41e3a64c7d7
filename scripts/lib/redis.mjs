/**
 * Finds a redis-server for the suites of the cluster, a C compiler for the one test that sets a server's clock
 * apart, and openssl for the one that speaks TLS; installs Debian's where there is none. Plain JavaScript, for Node 20.
 */
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
  return findProgram(names, env);
}

/**
 * Sees to it that there are a redis-server, a C compiler and openssl: on Debian, and as root, by their packages, without
 * starting a service. At once when they are there. Returns a sentence why they cannot be had, else `undefined`.
 */
export async function ensureRedis(say = console.log, env = process.env) {
  const named = env.HEREABOUTS_REDIS;
  if (named !== undefined && named !== "" && findRedis(env) === undefined)
    return `HEREABOUTS_REDIS is no program: ${named}`;
  const missing = missingPrograms(env);
  if (missing.length === 0) return undefined;
  const programs = missing.map(({ program }) => program).join(" and no ");
  if (!isDebianRoot())
    return `there is no ${programs} (install what is missing; on Debian and as root it is installed here)`;
  const packages = missing.flatMap((each) => each.packages);
  say(`Installing Debian's packages ${packages.join(", ")} for the suites of the cluster ...`);
  const failure = await withoutServices(() => install(packages, say));
  if (failure !== undefined) return failure;
  const [still] = missingPrograms(env);
  return still === undefined
    ? undefined
    : `${packages.join(", ")} were installed, but there is no ${still.program}`;
}

function missingPrograms(env) {
  return [
    { program: "redis-server", packages: ["redis-server"], path: findRedis(env) },
    { program: "cc", packages: ["gcc", "libc6-dev"], path: findProgram(["cc"], env) },
    { program: "openssl", packages: ["openssl"], path: findProgram(["openssl"], env) },
  ].filter(({ path }) => path === undefined);
}

function findProgram(candidates, env) {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .flatMap((directory) => candidates.map((name) => join(directory, name)))
    .find(isProgram);
}

async function install(packages, say) {
  for (const step of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
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
