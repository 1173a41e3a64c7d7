/** A real Redis Cluster on the loopback interface: three masters with a replica each. */
import { freePort, pause, type RedisProcess, startRedis } from "./redis-process.ts";

/** What to start. */
export interface RedisClusterOptions {
  /** Milliseconds after which a silent server counts as gone. Default 2000. */
  readonly nodeTimeoutMs?: number;
  /** Further arguments of each redis-server. Default none. */
  readonly args?: readonly string[];
}

/** A cluster. Disposing of it kills every server. */
export interface RedisCluster extends AsyncDisposable {
  /** Every server: the masters first, then their replicas in the same order, as they were at the start. */
  readonly servers: readonly RedisProcess[];
  /** `redis+cluster://host:port,host:port,…`. */
  readonly url: string;
  /** Resolves when all slots are served, each of the servers that answer agrees, and every replica is in step. */
  settled(): Promise<void>;
  /** The servers that are masters with slots now, by what a living one says. */
  masters(): Promise<readonly RedisProcess[]>;
}

const masterCount = 3;
const slotCount = 16_384;
const settledWithinMs = 30_000;

/** Starts six servers, joins them to a cluster, and waits until it is ready. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const servers: RedisProcess[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  };
  try {
    for (let index = 0; index < 2 * masterCount; index++) servers.push(await startMember(options));
    await join(servers);
    await settled(servers);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    servers,
    url: `redis+cluster://${servers.map(({ address }) => address).join(",")}`,
    settled: () => settled(servers),
    masters: () => mastersOf(servers),
    [Symbol.asyncDispose]: dispose,
  };
}

async function startMember({ nodeTimeoutMs = 2_000, args = [] }: RedisClusterOptions): Promise<RedisProcess> {
  const bus = await freePort();
  return startRedis({
    args: [
      ...[
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        `${bus}`,
        "--cluster-node-timeout",
        `${nodeTimeoutMs}`,
      ],
      ...[
        "--repl-diskless-sync",
        "yes",
        "--repl-diskless-sync-delay",
        "0",
        "--cluster-migration-barrier",
        "10",
      ],
      ...["--cluster-allow-replica-migration", "no", "--repl-ping-replica-period", "1", ...args],
    ],
  });
}

async function join(servers: readonly RedisProcess[]): Promise<void> {
  const ids = await Promise.all(servers.map((server) => server.command("CLUSTER", "MYID")));
  const [first, ...others] = servers;
  if (first === undefined) throw new Error("a cluster has servers");
  for (const [index, server] of servers.slice(0, masterCount).entries()) {
    const from = Math.floor((index * slotCount) / masterCount);
    const to = Math.floor(((index + 1) * slotCount) / masterCount) - 1;
    await server.command("CLUSTER", "ADDSLOTSRANGE", `${from}`, `${to}`);
    await server.command("CLUSTER", "SET-CONFIG-EPOCH", `${index + 1}`);
  }
  const bus = await busPortOf(first);
  for (const other of others) await other.command("CLUSTER", "MEET", "127.0.0.1", `${first.port}`, bus);
  await until("all servers know each other", async () => {
    const known = await Promise.all(servers.map((server) => server.command("CLUSTER", "NODES")));
    return known.every(
      (text) => ids.every((id) => String(text).includes(String(id))) && !/handshake/.test(String(text)),
    );
  });
  for (const [index, replica] of servers.slice(masterCount).entries()) {
    await replica.command("CLUSTER", "REPLICATE", String(ids[index]));
  }
}

async function busPortOf(server: RedisProcess): Promise<string> {
  const reply = await server.command("CONFIG", "GET", "cluster-port");
  return Array.isArray(reply) ? String(reply[1]) : "";
}

async function settled(servers: readonly RedisProcess[]): Promise<void> {
  await until("the cluster is whole", async () => {
    const views = await Promise.all(servers.map(viewOf));
    const alive = views.filter((view) => view !== undefined);
    return (
      alive.length > 0 &&
      alive.every((view) => view.isWhole) &&
      new Set(alive.map(({ slots }) => slots)).size === 1
    );
  });
}

/** What a server says of the cluster; `undefined` when it does not answer. */
async function viewOf(server: RedisProcess): Promise<{ isWhole: boolean; slots: string } | undefined> {
  try {
    const [info, slots, replication] = await Promise.all([
      server.command("CLUSTER", "INFO"),
      server.command("CLUSTER", "SLOTS"),
      server.command("INFO", "replication"),
    ]);
    const isInStep =
      !/role:slave/.test(String(replication)) || /master_link_status:up/.test(String(replication));
    const isServed = /cluster_state:ok/.test(String(info)) && /cluster_slots_ok:16384/.test(String(info));
    return { isWhole: isInStep && isServed, slots: mastersIn(slots).sort().join() };
  } catch {
    return undefined;
  }
}

async function mastersOf(servers: readonly RedisProcess[]): Promise<readonly RedisProcess[]> {
  for (const server of servers) {
    const slots = await server.command("CLUSTER", "SLOTS").catch(() => undefined);
    if (slots === undefined) continue;
    const addresses = mastersIn(slots);
    return servers.filter(({ address }) => addresses.includes(address));
  }
  throw new Error("no server of the cluster answers");
}

/** The masters' addresses in an answer to `CLUSTER SLOTS`. */
function mastersIn(reply: unknown): string[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((range: unknown) => {
    const master: unknown = Array.isArray(range) ? range[2] : undefined;
    return Array.isArray(master) ? [`${master[0]}:${master[1]}`] : [];
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + settledWithinMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come about that ${what}.`);
    await pause(50);
  }
}
