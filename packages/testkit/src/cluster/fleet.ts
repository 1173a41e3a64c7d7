/** Nodes of one cluster, each a process, behind one balancer: to be killed, stopped, resumed and started again. */
import type { Runtime } from "../runtimes.ts";
import { type Exit, type ServerProcess, startServer } from "../server-process.ts";
import type { LoadBalancer } from "./load-balancer.ts";

/** How to start a fleet. */
export interface FleetOptions {
  readonly runtime: Runtime;
  readonly nodes: number;
  /** The arguments of `serve` for a node, by its number from 0. */
  readonly args: (node: number) => readonly string[];
  readonly balancer: LoadBalancer;
}

/** A fleet at work. Disposing of it kills every node, whatever state it is in. */
export interface Fleet extends AsyncDisposable {
  readonly size: number;
  /** A node's port, which it keeps over restarts. */
  port(node: number): number;
  /** Everything a node's present process has written. */
  output(node: number): string;
  /** Whether a node's process is there and not stopped by a signal. */
  isUp(node: number): boolean;
  /** SIGKILL; resolves when the process is gone. */
  kill(node: number): Promise<void>;
  /** SIGSTOP: the process keeps its connections and does nothing. */
  pause(node: number): void;
  /** SIGCONT. */
  resume(node: number): void;
  /** SIGTERM; resolves when the node has drained and ended. */
  stop(node: number): Promise<Exit>;
  /** Starts a node that was killed or stopped, on its port. */
  start(node: number): Promise<void>;
}

interface Slot {
  process: ServerProcess;
  isUp: boolean;
}

/** Starts the nodes and hands them to the balancer; resolves when every one of them listens. */
export async function openFleet({ runtime, nodes, args, balancer }: FleetOptions): Promise<Fleet> {
  const slots: Slot[] = [];
  try {
    // One after the other: the first one lays out what the others find.
    for (let node = 0; node < nodes; node += 1) {
      slots.push({ process: await startServer({ runtime, args: args(node) }), isUp: true });
    }
  } catch (error) {
    await Promise.all(slots.map(({ process }) => process[Symbol.asyncDispose]()));
    throw error;
  }
  for (const { process } of slots) balancer.add(process.port);
  const slot = (node: number): Slot => {
    const found = slots[node];
    if (found === undefined) throw new RangeError(`There is no node ${node}.`);
    return found;
  };
  return {
    size: nodes,
    port: (node) => slot(node).process.port,
    output: (node) => slot(node).process.output(),
    isUp: (node) => slot(node).isUp,
    async kill(node) {
      slot(node).isUp = false;
      slot(node).process.kill("SIGKILL");
      await slot(node).process.exited;
    },
    pause(node) {
      slot(node).isUp = false;
      slot(node).process.kill("SIGSTOP");
    },
    resume(node) {
      slot(node).process.kill("SIGCONT");
      slot(node).isUp = true;
    },
    async stop(node) {
      slot(node).isUp = false;
      return await slot(node).process.stop();
    },
    async start(node) {
      const { port } = slot(node).process;
      slot(node).process = await startServer({ runtime, args: args(node), port });
      slot(node).isUp = true;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(slots.map(({ process }) => process[Symbol.asyncDispose]()));
    },
  };
}
