/** The Redis behind the nodes, and what can be done to it. */
import {
  openTcpProxy,
  type RedisProcess,
  startRedis,
  startRedisCluster,
  type TcpProxy,
} from "@hereabouts/testkit/cluster";
import { lasting, until } from "./until.ts";

/** A lone server with a wire of its own to every node, or a cluster of three masters and three replicas. */
export type Topology = "single" | "cluster";

/** A store at work. What a topology cannot do, throws. */
export interface Store extends AsyncDisposable {
  /** What `serve` is told, for a node. */
  args(node: number): readonly string[];
  /** The wire from a node to the lone server. */
  wire(node: number): TcpProxy;
  /** Kills the lone server and starts it again on its port, empty, so long after. Resolves when it answers. */
  empty(awayMs: number): Promise<void>;
  /** Kills a master of the cluster. Resolves when every slot is served again. */
  failOver(): Promise<void>;
}

const failOverWithinMs = 30_000;

/** Opens a store. */
export async function openStore(topology: Topology, nodes: number): Promise<Store> {
  return topology === "single" ? await openSingle(nodes) : await openCluster();
}

async function openSingle(nodes: number): Promise<Store> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startRedis());
  const wires: TcpProxy[] = [];
  for (let node = 0; node < nodes; node += 1) wires.push(stack.use(await openTcpProxy({ to: server.port })));
  const wire = (node: number): TcpProxy => {
    const found = wires[node];
    if (found === undefined) throw new RangeError(`There is no node ${node}.`);
    return found;
  };
  const kept = stack.move();
  return {
    args: (node) => ["--engine", `redis://127.0.0.1:${wire(node).port}`],
    wire,
    async empty(awayMs) {
      await server.kill();
      await lasting(awayMs);
      await server.restart();
    },
    failOver: () => Promise.reject(new Error("A lone server has nobody to take over.")),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openCluster(): Promise<Store> {
  const cluster = await startRedisCluster();
  return {
    args: () => ["--engine", cluster.url],
    wire: () => {
      throw new Error("The nodes of a cluster are not reached by one wire.");
    },
    empty: () => Promise.reject(new Error("A cluster has replicas, which are not empty.")),
    async failOver() {
      const [master] = await cluster.masters();
      if (master === undefined) throw new Error("A cluster has masters.");
      await master.kill();
      const isReplaced = async (): Promise<true | undefined> => {
        const masters: readonly RedisProcess[] = await cluster.masters();
        return masters.includes(master) ? undefined : true;
      };
      await until("A new master", failOverWithinMs, isReplaced);
      await cluster.settled();
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
