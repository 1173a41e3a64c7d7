/** Finds a runtime and becomes the command on it. Plain JavaScript, without packages, for Node 20 and newer. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findRuntime, runtimeArguments, runtimeChoices } from "./runtime.mjs";

/** How often a parent is looked for, in milliseconds. */
const parentEveryMs = 250;

/**
 * Runs the command with these arguments: the sources in a checkout, what was built from them elsewhere. With
 * `withParent` it is told to stop when the parent of this process is gone.
 */
export function launch(args, { withParent = false } = {}) {
  const [place, choice] = runtimeWish(args);
  if (!runtimeChoices.includes(choice)) {
    fail(`${place}: ${JSON.stringify(choice)} is not one of ${runtimeChoices.join(", ")}`, 2);
    return;
  }
  const runtime = findRuntime(choice, import.meta.url);
  if (runtime.problem !== undefined) {
    fail(runtime.problem, 1);
    return;
  }
  const programArgs = [...runtimeArguments(runtime.name, entry()), ...args];
  if (withParent) stopWithParent(runAsChild(runtime.program, programArgs));
  else become(runtime.program, programArgs);
}

function entry() {
  const source = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL("../dist/main.js", import.meta.url));
}

/** Which runtime is wished for, and where that is said. The flag goes before the variable. */
function runtimeWish(given) {
  const end = given.includes("--") ? given.indexOf("--") : given.length;
  for (const [index, argument] of given.slice(0, end).entries()) {
    if (argument === "--runtime" && given[index + 1] !== undefined) return ["--runtime", given[index + 1]];
    if (argument.startsWith("--runtime=")) return ["--runtime", argument.slice("--runtime=".length)];
  }
  return ["HEREABOUTS_RUNTIME", process.env.HEREABOUTS_RUNTIME || "auto"];
}

function fail(message, code) {
  process.stderr.write(`hereabouts: ${message}\n`);
  process.exitCode = code;
}

/** Runs a program in the place of this one: as this process where Node can do that, else as a child. */
function become(program, programArgs) {
  if (process.platform !== "win32" && typeof process.execve === "function" && program.includes("/")) {
    process.execve(program, [program, ...programArgs], process.env);
  }
  runAsChild(program, programArgs);
}

function runAsChild(program, programArgs) {
  const child = spawn(program, programArgs, { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR2"])
    process.on(signal, () => pass(child, signal));
  child.on("error", (error) => fail(`cannot start ${program}: ${error.message}`, 1));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Ends as the child ended, so that whoever waits for this process sees the same.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return child;
}

/** A shell between npm and this process does not pass signals on: it just goes. */
function stopWithParent(child) {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    child.kill("SIGTERM");
  }, parentEveryMs);
}

/** Hands a signal on. A terminal sends its Ctrl-C to the child by itself. */
function pass(child, signal) {
  if (signal === "SIGINT" && process.stdin.isTTY) return;
  child.kill(signal);
}
