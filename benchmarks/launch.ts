/** Starts what is measured, one process at a time and on a core of its own, and stops it again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runtimeArguments } from "../packages/cli/bin/runtime.mjs";
import { type Runtime, runtimePath } from "../packages/testkit/src/runtimes.ts";
import type { BareOrders } from "./bare/answers.ts";
import { residentBytesOf } from "./proc.ts";

const root = resolve(import.meta.dirname, "..");
const startWithinMs = 30_000;
const stopWithinMs = 20_000;

/** What to start: our server, a runtime's own server with ready-made answers or its bare WebSocket, or a peer. */
export type Subject =
  | { readonly kind: "hereabouts"; readonly runtime: Runtime; readonly args?: readonly string[] }
  | { readonly kind: "bare"; readonly runtime: Runtime; readonly orders: BareOrders }
  /** A program that stands beside Hereabouts: a file of `benchmarks/peers`, and its arguments. */
  | {
      readonly kind: "peer";
      readonly runtime: Runtime;
      readonly file: string;
      readonly args: readonly string[];
    }
  /** A peer that is a program of its own. */
  | { readonly kind: "program"; readonly runtime: "go"; readonly path: string };

/** Memory of a process after its garbage has been collected. */
export interface Settled {
  readonly residentBytes: number;
  /** Resident before the collection. */
  readonly unsettledBytes: number;
  readonly heapBytes: number;
  /** The commonest kinds of object; empty on runtimes that do not say. */
  readonly objects: Readonly<Record<string, number>>;
  /** Pauses of the event loop since the last time, each with when it began (epoch) and its length, in milliseconds. */
  readonly pauses: readonly (readonly [startedAt: number, ms: number])[];
}

/** A process under measurement. */
export interface Running {
  readonly subject: Subject;
  readonly pid: number;
  readonly port: number;
  /** Collects garbage and reads the memory. */
  settle(): Promise<Settled>;
  /** Ends the process; rejects when it does not end or fails. */
  stop(): Promise<void>;
}

/** The cores that processes are tied to, or `undefined` where that is impossible. */
export const cores: { readonly server: number; readonly load: number } | undefined =
  cpus().length >= 2 && spawnSync("taskset", ["-V"]).status === 0 ? { server: 0, load: 1 } : undefined;

/** A command line that runs on a given core where that is possible. */
export function pinned(core: "server" | "load", command: readonly string[]): readonly string[] {
  return cores === undefined ? command : ["taskset", "-c", String(cores[core]), ...command];
}

/** The command line of a subject, as one would type it at the root of the repository, without the pinning. */
export function commandOf(
  subject: Subject,
  preload: readonly string[],
  ordersPath: string,
): readonly string[] {
  if (subject.kind === "program") return [subject.path];
  const { runtime } = subject;
  const start = [runtimePath(runtime), ...preload, ...runtimeArguments(runtime, entryOf(subject))];
  if (subject.kind === "bare") return [...start, ordersPath];
  if (subject.kind === "peer") return [...start, ...subject.args];
  const given = subject.args ?? [];
  const place = given.includes("--engine") ? [] : ["--data", ":memory:"];
  return [...start, "serve", "--port", "0", ...place, ...given];
}

function entryOf(subject: Exclude<Subject, { readonly kind: "program" }>): string {
  if (subject.kind === "bare") return `benchmarks/bare/${subject.runtime}.ts`;
  return subject.kind === "peer" ? `benchmarks/peers/${subject.file}` : "packages/cli/src/main.ts";
}

/** Ties a process that runs already to a core, where that is possible. */
export function pin(core: "server" | "load", pid: number): void {
  if (cores === undefined) return;
  const { status } = spawnSync("taskset", ["-a", "-c", "-p", String(cores[core]), String(pid)]);
  if (status !== 0) throw new Error(`Process ${pid} could not be tied to core ${cores[core]}.`);
}

/** Starts a subject and waits until it listens. `watch` says whether pauses of its event loop are to be seen. */
export async function launch(subject: Subject, watch: "pauses" | "nothing" = "nothing"): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "hereabouts-bench-"));
  const ordersPath = join(folder, "orders.json");
  if (subject.kind === "bare") writeFileSync(ordersPath, JSON.stringify(subject.orders));
  const settlePath = join(folder, "settled.json");
  const [file = "", ...args] = pinned("server", commandOf(subject, preloadFor(subject.runtime), ordersPath));
  const child = spawn(file, args, {
    cwd: root,
    env: {
      ...inherited(),
      BENCH_SETTLE_FILE: settlePath,
      ...(watch === "pauses" ? { BENCH_PULSE: "1" } : {}),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  killWithParent(child);
  const port = await portOf(child);
  const { pid } = child;
  if (pid === undefined) throw new Error("A process that listens has a process id.");
  return {
    subject,
    pid,
    port,
    settle: () => settle(child, pid, settlePath),
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sees to it that a child does not outlive this process. */
export function killWithParent(child: ChildProcess): void {
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

/** The environment without the shell's settings for the service: what is measured has the defaults. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HEREABOUTS_")));
}

function preloadFor(runtime: Runtime | "go"): readonly string[] {
  const file = "./benchmarks/settle.mjs";
  return runtime === "bun" ? ["--preload", file] : ["--expose-gc", "--import", file];
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(
      () => reject(new Error(`Nothing listens after ${startWithinMs} ms. It wrote:\n${text}`)),
      startWithinMs,
    );
    const read = (chunk: Buffer): void => {
      if (text.length > 100_000) return;
      text += chunk.toString("utf8");
      const port = /^.*listen.*$/im.exec(text)?.[0].match(/http:\/\/[\w.]+:(\d+)/)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`It ended with code ${code} and wrote:\n${text}`)));
  });
}

async function settle(child: ChildProcess, pid: number, path: string): Promise<Settled> {
  const unsettledBytes = residentBytesOf(pid);
  rmSync(path, { force: true });
  child.kill("SIGUSR2");
  const until = performance.now() + 30_000;
  for (;;) {
    const report = tryRead(path);
    if (report !== undefined) {
      return {
        residentBytes: residentBytesOf(pid),
        unsettledBytes,
        heapBytes: report.heapBytes,
        objects: report.objects,
        pauses: report.pauses ?? [],
      };
    }
    if (performance.now() > until) throw new Error("The server did not collect its garbage in 30 s.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface SettleReport {
  readonly heapBytes: number;
  readonly objects: Record<string, number>;
  /** A runtime that is not watched has none. */
  readonly pauses?: Settled["pauses"];
}

function tryRead(path: string): SettleReport | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`The process did not end within ${stopWithinMs} ms of being asked to.`));
    }, stopWithinMs);
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      reject(new Error(`The process ended with code ${code}.`));
    });
    child.kill("SIGTERM");
  });
}
