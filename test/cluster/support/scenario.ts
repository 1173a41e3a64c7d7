/** What a scenario is: a fault, how it is brought about and mended, and what it may cost. */
import type { Transport } from "@hereabouts/testkit/cluster";
import type { Stage } from "./stage.ts";
import type { Topology } from "./store.ts";
import type { Allowance } from "./verdict.ts";

/** A fault that is over. Milliseconds since 1970. */
export interface Fault {
  readonly from: number;
  /** From here on nothing is broken any more. */
  readonly to: number;
  /** What else is worth saying, for the table. */
  readonly remark?: string;
  /** What was wrong with the fault itself, such as a node that did not end. */
  readonly problems?: readonly string[];
}

/** A scenario. */
export interface Scenario {
  readonly name: string;
  /** The fault as a sentence for the table. */
  readonly title: string;
  readonly topology: Topology;
  readonly crowding: "first node" | "all nodes";
  readonly allowance: Allowance;
  /** The users' presence timeout and that of streams, where the fault needs another than the size's. */
  readonly timeoutSeconds?: number;
  /** With which transports `npm test` runs it, at the reduced size. */
  readonly quick: readonly Transport[];
  /** Breaks something, lets users come and go meanwhile, and mends it. */
  inject(stage: Stage): Promise<Fault>;
}

/** Nothing may be lost. */
export const nothingLost: Allowance = { historyLoss: false };

/** Redis itself loses what was written; that has to be marked by new epochs. */
export const redisForgets: Allowance = { historyLoss: true };
