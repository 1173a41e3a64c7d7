/** Who takes part beside us, and who cannot on this machine and why. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defaultPolicy } from "../packages/core/src/policy.ts";
import { startRedis } from "../packages/testkit/src/redis/redis-process.ts";
import { capture } from "./ask.ts";
import type { Bench } from "./bench.ts";
import { launch, pin, type Running, type Subject } from "./launch.ts";
import type { DialectName } from "./load/dialects.ts";
import type { Transport } from "./load/socket-messages.ts";

/** Somebody who serves members, over WebSockets or by polls. */
export interface Server {
  readonly name: string;
  readonly subject: Subject;
  readonly dialect: DialectName;
  readonly transport: Transport;
  /** Whether it tells members who comes and goes; a bare server does so only over HTTP. */
  readonly tellsMembers: boolean;
}

/** Those who can take part, and why others cannot. */
export interface Field {
  readonly servers: readonly Server[];
  readonly leftOut: readonly string[];
}

const root = resolve(import.meta.dirname, "..");

/** Settings of a keyset of ours that this version knows: suites ask for what makes a comparison fair. */
export function keysetArguments(wanted: Readonly<Record<string, number | boolean>>): readonly string[] {
  const known = Object.entries(wanted).filter(([name]) => name in defaultPolicy);
  if (known.length === 0) return [];
  const folder = join(tmpdir(), `hereabouts-bench-config-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${known.map(([name, value]) => `${name}-${value}`).join("-")}.json`);
  const keyset = { subscribeKey: "demo", publishKey: "demo", ...Object.fromEntries(known) };
  writeFileSync(path, JSON.stringify({ keysets: [keyset] }));
  return ["--config", path];
}

/** The presence that is written by hand on Redis. */
export const naiveName = "naive on Redis, bun";

/** Starts the presence by hand with a fresh Redis of its own, which shares the load's core. */
export async function startNaive(): Promise<Running> {
  const redis = await startRedis();
  pin("load", redis.pid);
  try {
    const running = await launch({ kind: "peer", runtime: "bun", file: "naive-redis.ts", args: [redis.url] });
    return {
      ...running,
      stop: async () => {
        await running.stop();
        await redis[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await redis[Symbol.asyncDispose]();
    throw error;
  }
}

/** Finds out who can take part. */
export async function fieldOf(bench: Bench, args: readonly string[]): Promise<Field> {
  const servers: Server[] = [];
  const leftOut: string[] = [];
  for (const runtime of bench.runtimes) {
    const subject: Subject = { kind: "hereabouts", runtime, args };
    const ours = { subject, dialect: "stream", tellsMembers: true } as const;
    // Polls on the second runtime are measured by the suite of held polls; here they would take a sixth of the time.
    if (runtime === bench.runtimes[0])
      servers.push({ name: `hereabouts on ${runtime}, long poll`, transport: "poll", ...ours });
    if (await hasStream(subject))
      servers.push({ name: `hereabouts on ${runtime}, stream`, transport: "socket", ...ours });
    else leftOut.push(`hereabouts on ${runtime}, stream: this version does not offer it.`);
  }
  servers.push({
    name: "bare bun",
    subject: { kind: "peer", runtime: "bun", file: "bare-socket.ts", args: [] },
    dialect: "stream",
    transport: "socket",
    tellsMembers: false,
  });
  servers.push({
    name: "Socket.IO on node",
    subject: { kind: "peer", runtime: "node", file: "socket-io.ts", args: [] },
    dialect: "socket-io",
    transport: "socket",
    tellsMembers: true,
  });
  const built = buildCentrifuge();
  if (built.ok) {
    const subject: Subject = { kind: "program", runtime: "go", path: built.program };
    servers.push({
      name: "centrifuge",
      subject,
      dialect: "centrifuge",
      transport: "socket",
      tellsMembers: true,
    });
  } else leftOut.push(`centrifuge: ${built.reason}`);
  return { servers, leftOut };
}

/** Whether a server of ours knows the stream's address: a plain request to it is answered, but not with "not found". */
export async function hasStream(subject: Subject): Promise<boolean> {
  const running = await launch(subject);
  try {
    const { status } = await capture(running.port, "/v3/stream/demo/room-0?uuid=bench");
    return status !== 404;
  } finally {
    await running.stop();
  }
}

function buildCentrifuge():
  | { readonly ok: true; readonly program: string }
  | { readonly ok: false; readonly reason: string } {
  const go = ["go", "/usr/local/go/bin/go"].find((name) => spawnSync(name, ["version"]).status === 0);
  if (go === undefined)
    return { ok: false, reason: "there is no Go on the path or in /usr/local/go (https://go.dev/dl)." };
  const program = join(root, ".cache/bench/centrifuge");
  mkdirSync(join(root, ".cache/bench"), { recursive: true });
  const cwd = join(root, "benchmarks/peers/centrifuge");
  const build = spawnSync(go, ["build", "-o", program, "."], { cwd, encoding: "utf8", timeout: 300_000 });
  if (build.status === 0 && existsSync(program)) return { ok: true, program };
  return { ok: false, reason: `it could not be built: ${build.stderr.trim().slice(-300)}` };
}
