/**
 * A real redis-server in a process of its own, on a free port of the loopback interface, which keeps nothing on disk.
 * The program is Debian's, or the one that HEREABOUTS_REDIS names. It can be killed, stopped, and started again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RespReply, redisCommand } from "./resp.ts";

/** What to start. */
export interface RedisOptions {
  /** Further arguments of redis-server, such as `["--maxmemory", "50mb"]`. Default none. */
  readonly args?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
}

/** A redis-server. Disposing of it kills it, whatever state it is in. */
export interface RedisProcess extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** `redis://127.0.0.1:port`. */
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Sends one command over a connection of its own. */
  command(...args: readonly string[]): Promise<RespReply>;
  /** Kills it, without a farewell, and waits until it is gone. Harmless when it is. */
  kill(): Promise<void>;
  /** Stops it: it takes connections, for the kernel does, and answers nothing. */
  stop(): void;
  /** Lets a stopped one go on. */
  cont(): void;
  /** Kills it where it runs and starts it again, empty, on the same port. */
  restart(): Promise<void>;
}

const startWithinMs = 15_000;
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a redis-server and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisProcess> {
  const port = options.port ?? (await freePort());
  const directory = mkdtempSync(join(tmpdir(), "hereabouts-redis-"));
  const start = (): Promise<ChildProcess> => spawnRedis({ port, directory, args: options.args ?? [] });
  let child = await start();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    port,
    address: `127.0.0.1:${port}`,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0;
    },
    command: (...args) => redisCommand(port, ...args),
    kill,
    stop: () => void child.kill("SIGSTOP"),
    cont: () => void child.kill("SIGCONT"),
    async restart() {
      await kill();
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The program of a redis-server: what the variable HEREABOUTS_REDIS names, else the one on the PATH. */
export function redisProgram(): string {
  return process.env.HEREABOUTS_REDIS || "redis-server";
}

interface Place {
  readonly port: number;
  readonly directory: string;
  readonly args: readonly string[];
}

async function spawnRedis({ port, directory, args }: Place): Promise<ChildProcess> {
  const program = redisProgram();
  const fixed = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", directory, "--save", ""];
  const child = spawn(program, [...fixed, "--appendonly", "no", "--daemonize", "no", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-10_000);
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (error) =>
      reject(
        new Error(`${program} cannot be started: node scripts/redis.mjs installs it.`, { cause: error }),
      ),
    );
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}:\n${output}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([failed, answers(port)]);
  return child;
}

async function answers(port: number): Promise<void> {
  const giveUpAt = performance.now() + startWithinMs;
  for (;;) {
    const reply = await redisCommand(port, "PING").catch((error: unknown) => error);
    if (reply === "PONG") return;
    if (performance.now() > giveUpAt) throw new Error(`redis-server on port ${port} does not answer.`);
    await pause(10);
  }
}

/** Waits, in real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a free port was not found");
  return address.port;
}
