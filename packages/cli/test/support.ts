/** Runs the command: in this process with a world of its own, or as a program. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../src/command-line.ts";
import type { Io } from "../src/io.ts";

/** What a command said and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program, as it is installed. */
export const program: string = fileURLToPath(new URL("../bin/hereabouts.mjs", import.meta.url));

/** Runs the command in this process, on files and variables that are given. Only for commands that start nothing. */
export async function command(
  args: readonly string[],
  world: Readonly<{ environment?: Record<string, string>; files?: Record<string, string> }> = {},
): Promise<Ended> {
  const said = { out: "", err: "" };
  const files = new Map(Object.entries(world.files ?? {}));
  const io: Io = {
    environment: new Map(Object.entries(world.environment ?? {})),
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    readText: (path) => {
      const text = files.get(path);
      if (text === undefined) throw new Error("there is no such file");
      return text;
    },
    onStop: () => {},
    onReload: () => {},
  };
  return { code: await runCommandLine(args, io), ...said };
}

/** A program under way. */
export interface Running {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** What it has said on standard error so far. */
  said(): string;
  /** Resolves with the first line on standard output; rejects when the program ends without one. */
  readonly firstLine: Promise<string>;
}

/** Starts a program with these variables and the PATH alone. */
export function start(
  path: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Running {
  const child = spawn(path, args, {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (text: string) => {
      said.out += text;
      const end = said.out.indexOf("\n");
      if (end >= 0) resolve(said.out.slice(0, end));
    });
    child.on("close", () => reject(new Error(`ended without a line: ${said.err}`)));
  });
  firstLine.catch(() => {});
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said }));
  });
  return { ended, firstLine, said: () => said.err, kill: (signal) => void child.kill(signal) };
}

/** Runs the program on a runtime to its end. */
export function runProgram(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  return start(process.execPath, [program, ...args], environment).ended;
}
