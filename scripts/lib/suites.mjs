/** The suites of `npm test`: what each runs and what it came to. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";
import { ensurePython } from "./python.mjs";
import { ensureRedis } from "./redis.mjs";
import { cache, root } from "./root.mjs";
import { run } from "./run.mjs";
import { check, tallyVitest } from "./tally.mjs";

/** Every suite in the order in which they run. `node` is the program of a Node 24. */
export function suites(node) {
  return [
    { name: "types", about: "the sources and the tests compile", run: () => types(node) },
    { name: "lint", about: "format and lint, by Biome", run: () => lint(node) },
    { name: "docs", about: "the README shows the examples as they are", run: () => docs(node) },
    { name: "unit", about: "packages/*/test and test/*.test.ts", run: () => vitest(node, "unit") },
    {
      name: "redis",
      about: "the engine of many nodes; installs redis-server where possible",
      run: () => redis(node, "redis"),
    },
    { name: "conformance", about: "the wire and semantics cases", run: () => vitest(node, "conformance") },
    { name: "sim", about: "220 clusters on a test clock, with faults", run: () => redis(node, "sim") },
    { name: "e2e", about: "processes, sockets and signals", run: () => redis(node, "e2e") },
    {
      name: "cluster",
      about: "real faults in a cluster of processes, in small",
      run: () => redis(node, "cluster"),
    },
    { name: "compat", about: "published clients; sets up Python in .cache", run: () => compat(node) },
    { name: "packages", about: "size, public surface, and tarballs", run: () => vitest(node, "packages") },
    { name: "browser", about: "pages in Chromium; installs it where possible", run: () => browser(node) },
  ];
}

async function types(node) {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const runs = [["-b"], ...testProjects().map((project) => ["-p", project])];
  let isGood = true;
  for (const args of runs) isGood = (await run(node, [tsc, ...args])).code === 0 && isGood;
  return check(isGood);
}

/** The projects that only check: tests, examples and benchmarks. */
function testProjects() {
  const below = (directory) =>
    readdirSync(join(root, directory), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name));
  return [
    ...below("packages").map((directory) => join(directory, "tsconfig.test.json")),
    ...[...below("test"), ...below("examples"), ...["test", "scripts", "benchmarks"]].map((directory) =>
      join(directory, "tsconfig.json"),
    ),
  ].filter((project) => existsSync(join(root, project)));
}

async function lint(node) {
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  return check((await run(node, [biome, "ci", ...colours()])).code === 0);
}

/** On a build server Biome would colour every letter. */
function colours() {
  return process.stdout.isTTY ? [] : ["--colors=off"];
}

async function docs(node) {
  return check((await run(node, [join("scripts", "readme.mjs"), "--check"])).code === 0);
}

async function compat(node) {
  const missing = await ensurePython();
  const tally = await redis(node, "compat");
  return missing === undefined ? tally : { ...tally, remark: `without Python: ${missing}` };
}

/** A suite that needs a redis-server. */
async function redis(node, project) {
  const missing = await ensureRedis();
  const tally = await vitest(node, project);
  return missing === undefined ? tally : { ...tally, remark: `without Redis: ${missing}` };
}

async function browser(node) {
  const missing = await ensureChromium();
  const tally = await vitest(node, "browser");
  return missing === undefined ? tally : { ...tally, remark: `without Chromium: ${missing}` };
}

/** Runs a Vitest project. What it came to is read from its report, not from what it prints. */
async function vitest(node, project) {
  const report = join(cache, "test", `${project}.json`);
  mkdirSync(join(cache, "test"), { recursive: true });
  rmSync(report, { force: true });
  const { code } = await run(node, [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  return tallyVitest(readReport(report), code);
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
