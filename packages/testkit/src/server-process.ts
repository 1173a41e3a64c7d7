/**
 * A real server in a process of its own, run from the sources on Bun or on Node, for the suites that speak to it
 * through sockets. Waits for what the server says, never for time to pass.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Runtime, runtimePath } from "./runtimes.ts";

/** What to start. */
export interface ServerOptions {
  readonly runtime: Runtime;
  /** Further arguments of `serve`. Default none. */
  readonly args?: readonly string[];
  /** Environment variables beyond the few a process needs to run. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** The data directory, or `:memory:`. Default `:memory:`; none where the arguments name an engine. */
  readonly data?: string;
  /** Default 0: a free one. A restart takes the port it had. */
  readonly port?: number;
  /** Milliseconds the server may take until it listens. Default 30000: shared build machines are slow. */
  readonly startWithinMs?: number;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that listens. Disposing of it kills it, whatever state it is in. */
export interface ServerProcess extends AsyncDisposable {
  readonly runtime: Runtime;
  /** `host:port`, as clients take it that choose the scheme themselves. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** An absolute address on this server; `path` begins with a slash and is used as it is. */
  url(path: string): string;
  /** Asks the server to stop and waits until it has. Rejects when it has not within 15 seconds, and kills it. */
  stop(): Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  /** Everything the server has written so far, to both streams, in the order of arrival. */
  output(): string;
  /** Settles when the process has ended, for whichever reason. Never rejects. */
  readonly exited: Promise<Exit>;
}

const root = resolve(import.meta.dirname, "../../..");
const main = join(root, "packages/cli/src/main.ts");
const stopWithinMs = 15_000;
const outputLinesMax = 10_000;

/** Starts a server on the loopback interface and waits until it listens. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(runtimePath(options.runtime), commandLine(options), {
    cwd: root,
    env: { ...inherited(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const exited = exitOf(child);
  killWithParent(child, exited);
  const output = (): string => lines.join("\n");
  try {
    const address = await listening(child, { lines, exited, withinMs: options.startWithinMs ?? 30_000 });
    return handle({ child, runtime: options.runtime, address, exited, output });
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`The server on ${options.runtime} does not listen. It wrote:\n${output()}`, { cause });
  }
}

function commandLine({ port = 0, data, args = [] }: ServerOptions): string[] {
  const place = data ?? (args.includes("--engine") ? undefined : ":memory:");
  const fixed = ["serve", "--host", "127.0.0.1", "--port", String(port)];
  return ["--conditions=source", main, ...fixed, ...(place === undefined ? [] : ["--data", place]), ...args];
}

/** Only what a process needs to run: settings of the surrounding shell or test runner must not reach the server. */
function inherited(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "LANG"];
  const pairs = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((settle) => {
    child.once("exit", (code, signal) => settle({ code, signal }));
    child.once("error", () => settle({ code: null, signal: null }));
  });
}

function killWithParent(child: ChildProcess, exited: Promise<Exit>): void {
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);
  void exited.then(() => process.removeListener("exit", kill));
}

interface Watch {
  readonly lines: string[];
  readonly exited: Promise<Exit>;
  readonly withinMs: number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function listening(child: ChildProcess, watch: Watch): Promise<Address> {
  return new Promise((settle, reject) => {
    const deadline = AbortSignal.timeout(watch.withinMs);
    deadline.addEventListener("abort", () => reject(new Error(`Not listening within ${watch.withinMs} ms.`)));
    child.once("error", reject);
    void watch.exited.then((exit) => reject(new Error(`It ended: ${JSON.stringify(exit)}.`)));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        watch.lines.push(line);
        if (watch.lines.length > outputLinesMax) watch.lines.shift();
        const address = addressIn(line);
        if (address !== undefined) settle(address);
      });
    }
  });
}

/** The address of the line that says where the server listens; nothing for any other line. */
function addressIn(line: string): Address | undefined {
  if (!/\blisten(ing|s)\b/i.test(line)) return undefined;
  const found = /http:\/\/(127\.0\.0\.1|localhost):(\d+)/.exec(line);
  const [, host, port] = found ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

interface Parts {
  readonly child: ChildProcess;
  readonly runtime: Runtime;
  readonly address: Address;
  readonly exited: Promise<Exit>;
  output(): string;
}

function handle({ child, runtime, address, exited, output }: Parts): ServerProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error("A process that listens has a process id.");
  const origin = `${address.host}:${address.port}`;
  return {
    runtime,
    origin,
    host: address.host,
    port: address.port,
    pid,
    exited,
    output,
    url: (path) => `http://${origin}${path}`,
    stop: () => stop(child, exited),
    kill: (signal) => {
      child.kill(signal);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function stop(child: ChildProcess, exited: Promise<Exit>): Promise<Exit> {
  child.kill("SIGTERM");
  const deadline = AbortSignal.timeout(stopWithinMs);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => {
      child.kill("SIGKILL");
      reject(new Error(`The server has not stopped within ${stopWithinMs} ms of being asked to.`));
    });
  });
  return await Promise.race([exited, late]);
}
