/** Sets up Python with the published client that the compatibility suite runs. Plain JavaScript, for Node 20. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, root } from "./root.mjs";
import { run } from "./run.mjs";

const directory = join(cache, "python");
const stamp = join(directory, "installed");
const requirements = join(root, "test", "compat", "requirements.txt");

/** What builds the client, which is published as source only. */
const builders = ["setuptools==80.9.0", "wheel==0.45.1"];
const oldestPython = [3, 9];

/** The Python of the compatibility suite, once `ensurePython` has made it. */
export const python =
  process.platform === "win32" ? join(directory, "Scripts", "python.exe") : join(directory, "bin", "python");

/**
 * Makes a virtual environment in `.cache/python` with the packages of `test/compat/requirements.txt`, unless it is
 * there. Returns a sentence why it cannot be had, else `undefined`.
 */
export async function ensurePython(say = console.log) {
  const wanted = fingerprint();
  if (existsSync(python) && readText(stamp) === wanted) return undefined;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  say("Setting up Python for the compatibility suite (.cache/python) ...");
  const problem =
    (await createEnvironment(say)) ?? (await installPackages()) ?? licenceProblem(clientLicence());
  if (problem !== undefined) {
    rmSync(directory, { recursive: true, force: true });
    return problem;
  }
  writeFileSync(stamp, wanted);
  say("Python is set up.");
  return undefined;
}

/** Why a licence text is not the one under which the client may be used here, or `undefined` when it is. */
export function licenceProblem(text) {
  if (text === undefined) return "the installed pubnub package has no licence text, so it is not used";
  const words = text.replace(/\s+/g, " ");
  const isMit =
    words.includes("Permission is hereby granted, free of charge, to any person obtaining a copy") &&
    words.includes("to use, copy, modify, merge, publish, distribute, sublicense, and/or sell") &&
    words.includes('THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND');
  return isMit ? undefined : "the installed pubnub package is not under the MIT licence, so it is not used";
}

async function createEnvironment(say) {
  const found = await findPython();
  if (found.problem !== undefined) return found.problem;
  const create = () => run(found.program, ["-m", "venv", directory], { capture: true });
  let created = await create();
  if (created.code !== 0 && isDebianRoot()) {
    say("  python3 -m venv does not work here; installing the package python3-venv ...");
    await run("apt-get", ["update"], { capture: true });
    await run("apt-get", ["install", "-y", "python3-venv"], { capture: true });
    rmSync(directory, { recursive: true, force: true });
    created = await create();
  }
  if (created.code === 0) return undefined;
  return `${found.program} -m venv failed (on Debian and Ubuntu: install python3-venv): ${lastLine(created.output)}`;
}

async function findPython() {
  const asks = "import sys; print(*sys.version_info[:2])";
  for (const program of ["python3", "python"]) {
    const { code, output } = await run(program, ["-c", asks], { capture: true });
    const [major, minor] = output.trim().split(" ").map(Number);
    if (code !== 0 || major !== oldestPython[0] || !(minor >= oldestPython[1])) continue;
    return { program };
  }
  return { problem: `there is no Python ${oldestPython.join(".")} or newer (python3 on the PATH)` };
}

async function installPackages() {
  // Only what the list pins is installed: nothing is resolved, and nothing else is fetched to build with.
  const steps = [
    ["install", "--quiet", ...builders],
    ["install", "--quiet", "--no-deps", "--no-build-isolation", "--requirement", requirements],
    ["check"],
  ];
  for (const step of steps) {
    const { code, output } = await run(python, ["-m", "pip", "--disable-pip-version-check", ...step], {
      capture: true,
      // Where aiohttp has no wheel for this Python, it does without its compiled parts, and so without a compiler.
      env: { AIOHTTP_NO_EXTENSIONS: "1" },
    });
    if (code !== 0) return `pip ${step[0]} failed (is PyPI within reach?): ${lastLine(output)}`;
  }
  return undefined;
}

/** The licence text in the installed client's metadata. */
function clientLicence() {
  const library =
    process.platform === "win32"
      ? join(directory, "Lib")
      : join(
          directory,
          "lib",
          readdirSync(join(directory, "lib")).find((name) => name.startsWith("python")) ?? "",
        );
  const packages = join(library, "site-packages");
  const info = readdirSync(packages).find((name) => /^pubnub-.*\.dist-info$/.test(name));
  if (info === undefined) return undefined;
  return [join("licenses", "LICENSE"), "LICENSE"]
    .map((path) => readText(join(packages, info, path)))
    .find((text) => text !== undefined);
}

function isDebianRoot() {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

/** Changes when anything does that the environment is made from. */
function fingerprint() {
  const made = [directory, builders.join(" "), readText(requirements) ?? ""];
  return createHash("sha256").update(made.join("\n")).digest("hex");
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function lastLine(output) {
  return output.trim().split("\n").at(-1) ?? "";
}
