/** Runs programs, one after another, with what they say passed on. */
import { spawn } from "node:child_process";
import { root } from "./root.mjs";

/** Programs under way. When this process is told to stop, they are told too, and it ends after them. */
const children = new Set();
let isStopping = false;

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

function passOn(signal) {
  isStopping = true;
  // A terminal sends its Ctrl-C to the programs by itself.
  if (signal !== "SIGINT" || !process.stdin.isTTY) for (const child of children) child.kill(signal);
}

function watch(child) {
  if (children.size === 0) for (const signal of signals) process.on(signal, passOn);
  children.add(child);
}

function unwatch(child) {
  children.delete(child);
  if (children.size > 0) return;
  if (isStopping) process.exit(130);
  for (const signal of signals) process.off(signal, passOn);
}

/**
 * Runs a program and resolves with how it ended: `{ code, output }`. `code` is its exit code, 128 and more when a
 * signal ended it, 127 when it could not be started. With `capture`, what it says is in `output` instead of shown.
 * `env` is set beside the environment of this process.
 */
export function run(program, args, { capture = false, shell = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      shell,
      env: { ...process.env, ...env },
      stdio: capture ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    watch(child);
    let output = "";
    const take = (chunk) => {
      output += chunk;
    };
    child.stdout?.setEncoding("utf8").on("data", take);
    child.stderr?.setEncoding("utf8").on("data", take);
    child.on("error", (error) => {
      unwatch(child);
      resolve({ code: 127, output: `${output}cannot start ${program}: ${error.message}` });
    });
    child.on("close", (code, signal) => {
      unwatch(child);
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 128), output });
    });
  });
}
