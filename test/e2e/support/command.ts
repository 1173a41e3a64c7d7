/** The command as a user runs it: a process, what it prints, how it ends. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { nodePath } from "@hereabouts/testkit";
import { until, within } from "./until.ts";

const root = resolve(import.meta.dirname, "../../..");

/** The program that finds a runtime and becomes the command on it. */
export const launcher: string = join(root, "packages/cli/bin/hereabouts.mjs");

/** A command under way. */
export interface Command extends AsyncDisposable {
  out(): string;
  err(): string;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the name of the signal that ended it; without a deadline. */
  readonly finished: Promise<number | NodeJS.Signals>;
  /** As `finished`, with the usual deadline. */
  ended(): Promise<number | NodeJS.Signals>;
  /** Waits until something stands in what was printed, and gives the match. */
  printed(what: string, pattern: RegExp): Promise<RegExpExecArray>;
}

/** Runs a program of the repository on Node, without the shell's settings for the service. */
export function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Command {
  return runFile(nodePath(), [program, ...args], env);
}

/** Runs a file, or a program of the PATH, in the repository, without the shell's settings for the service. */
export function runFile(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Command {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(HEREABOUTS_|npm_)/.test(name));
  const child = spawn(file, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  // Closed, not only exited: everything it printed is here then.
  const ended = new Promise<number | NodeJS.Signals>((settle, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => settle(code ?? signal ?? -1));
  });
  ended.catch(() => {});
  return {
    finished: ended,
    out: () => out,
    err: () => err,
    signal: (name) => {
      child.kill(name);
    },
    ended: () => within("The end of the command", ended),
    printed: (what, pattern) => until(what, () => pattern.exec(`${out}\n${err}`) ?? undefined),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended.catch(() => {});
    },
  };
}
