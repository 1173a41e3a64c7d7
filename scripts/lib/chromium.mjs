/** Finds a Chromium for the browser suite, and installs Debian's where there is none. Plain JavaScript, for Node 20. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const usual = [
  "/usr/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * The program of a Chromium: what the variable HEREABOUTS_CHROMIUM names, else one in a usual place, else one on the
 * PATH; `undefined` when there is none. A variable that names no program is not replaced by another Chromium.
 */
export function findChromium(env = process.env, places = usual) {
  const named = env.HEREABOUTS_CHROMIUM;
  if (named !== undefined && named !== "") return isProgram(named) ? named : undefined;
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .flatMap((directory) => names.map((name) => join(directory, name)));
  return [...places, ...onPath].find(isProgram);
}

/**
 * Sees to it that there is a Chromium: on Debian, and as root, by its package `chromium`. At once when there is one.
 * Returns a sentence why it cannot be had, else `undefined`.
 */
export async function ensureChromium(say = console.log, env = process.env) {
  if (findChromium(env) !== undefined) return undefined;
  const named = env.HEREABOUTS_CHROMIUM;
  if (named !== undefined && named !== "") return `HEREABOUTS_CHROMIUM is no program: ${named}`;
  if (!isDebianRoot()) {
    return "there is no Chromium (set HEREABOUTS_CHROMIUM, or install one; on Debian and as root it is installed here)";
  }
  say("Installing Debian's package chromium for the browser suite ...");
  for (const step of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
    say(`  apt-get ${step.join(" ")} ...`);
    const { code, output } = await run("apt-get", step, {
      capture: true,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    if (code !== 0) return `apt-get ${step[0]} failed: ${output.trim().split("\n").at(-1) ?? ""}`;
  }
  if (findChromium(env) === undefined) return "the package chromium was installed, but there is no Chromium";
  say("Chromium is installed.");
  return undefined;
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
