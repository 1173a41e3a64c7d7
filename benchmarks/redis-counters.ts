/** What a Redis server says that work cost it: calls, bytes and CPU time, as differences of what INFO counts. */
import type { RedisProcess } from "../packages/testkit/src/redis/redis-process.ts";

/** What Redis did between two readings. */
export interface RedisCost {
  /** Commands that clients sent; a script is one. */
  readonly calls: number;
  /** Of them, scripts. */
  readonly scripts: number;
  /** Commands that scripts ran inside the server. */
  readonly inside: number;
  /** Bytes received and sent, over all connections of clients. */
  readonly bytes: number;
  /** User and system time of the whole process, in milliseconds. */
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

/** Commands that only clients send; those that remain are a script's where there are scripts. */
const clientsOnly: ReadonlySet<string> = new Set([
  ...["eval", "evalsha", "script|load", "info", "ping", "hello", "client|setinfo", "client|setname"],
  ...["ssubscribe", "sunsubscribe", "subscribe", "unsubscribe", "cluster|slots", "cluster|shards", "time"],
  ...["command", "select", "auth", "role", "cluster|info", "cluster|nodes", "replconf", "psync", "asking"],
]);

interface Reading {
  readonly at: number;
  readonly text: string;
  readonly commands: ReadonlyMap<string, number>;
}

/** Runs some work and says what it cost a server. The readings themselves are not counted. */
export async function costOf<Result>(
  redis: RedisProcess,
  work: () => Promise<Result>,
): Promise<{ readonly cost: RedisCost; readonly result: Result }> {
  const { costs, result } = await costsOf([redis], work);
  const [cost] = costs;
  if (cost === undefined) throw new Error("One server has one cost.");
  return { cost, result };
}

/** Runs some work and says what it cost each of several servers, in their order. */
export async function costsOf<Result>(
  servers: readonly RedisProcess[],
  work: () => Promise<Result>,
): Promise<{ readonly costs: readonly RedisCost[]; readonly result: Result }> {
  const before = await Promise.all(servers.map(read));
  const result = await work();
  const after = await Promise.all(servers.map(read));
  const costs = before.map((reading, index) => difference(reading, after[index] ?? reading));
  return { costs, result };
}

async function read(server: RedisProcess): Promise<Reading> {
  const text = String(await server.command("INFO", "everything"));
  const commands = new Map<string, number>();
  for (const [, name = "", calls] of text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm))
    commands.set(name, Number(calls));
  return { at: performance.now(), text, commands };
}

function difference(before: Reading, after: Reading): RedisCost {
  const ran = [...after.commands].map(
    ([name, calls]) => [name, calls - (before.commands.get(name) ?? 0)] as const,
  );
  const sum = (wanted: (name: string) => boolean): number =>
    ran.reduce((total, [name, calls]) => total + (wanted(name) ? calls : 0), 0);
  const scripts = sum((name) => name === "eval" || name === "evalsha");
  const inside = scripts === 0 ? 0 : sum((name) => !clientsOnly.has(name));
  const grown = (field: string): number => counted(after.text, field) - counted(before.text, field);
  return {
    // The first reading is counted by the second.
    calls: sum(() => true) - inside - 1,
    scripts,
    inside,
    bytes: grown("total_net_input_bytes") + grown("total_net_output_bytes") - Buffer.byteLength(before.text),
    cpuMs: 1_000 * (grown("used_cpu_user") + grown("used_cpu_sys")),
    elapsedMs: after.at - before.at,
  };
}

function counted(text: string, field: string): number {
  const value = new RegExp(`^${field}:([0-9.]+)`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`Redis does not tell ${field}.`);
  return Number(value);
}
