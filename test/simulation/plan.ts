/** What a seed draws before a world begins: how large it is, and which faults there are. */
import { sweepEveryMs } from "@hereabouts/core";
import { createSeededRandom, type SeededRandom } from "@hereabouts/testkit";
import type { Terms } from "./history.ts";

/** Everything that can be wrong with a world. */
export const faultNames = [
  /** Requests and replies are lost; the sender is told, by a broken connection. */
  "drops",
  /** As drops, but nobody is told. */
  "silence",
  /** Requests and replies take their time, each its own, so that they overtake each other. */
  "delays",
  /** Nodes see requests twice, each copy where and when it likes. */
  "doubles",
  /** The engine refuses calls, and does what it was asked without saying so. */
  "engine-failures",
  /** The engine takes its time, sometimes longer than nodes wait. */
  "engine-slow",
  /** The engine is away for a while. */
  "engine-outages",
  /** The engine does the channels of one call one after the other, and may fail in between. */
  "engine-parts",
  /** Nodes are cut from the engine for a while. */
  "cuts",
  "kills",
  "stops",
  /** Nodes do nothing for a while. */
  "freezes",
  /** As freezes, and for a while after it their clocks are as far behind. */
  "suspends",
  /** Nodes' clocks differ. */
  "skew",
  /** Nodes' clocks jump within what they may differ by. */
  "jumps",
] as const;

/** Nodes are told nothing new for a while, then the connection for that breaks. Only where there is such a connection. */
export const newsFault = "news";

/** One of them. */
export type FaultName = (typeof faultNames)[number] | typeof newsFault;

/** A world before it begins. */
export interface Plan {
  readonly seed: number;
  readonly faults: ReadonlySet<FaultName>;
  readonly nodes: number;
  readonly sdkClients: number;
  readonly pollers: number;
  readonly beaters: number;
  /** Stretches of trouble, each with a quiet moment after it. */
  readonly rounds: number;
  readonly roundMs: number;
  readonly holdMs: number;
  readonly skewMs: number;
  /** How long nodes wait for the engine. */
  readonly engineDeadlineMs: number;
  /** Where closing a poll leaves, after so long; `undefined` where it does not. */
  readonly disconnectGraceSeconds: number | undefined;
  /** How large channels are summed up; `undefined` where everything is told. */
  readonly summing: { readonly announceMax: number; readonly intervalSeconds: number } | undefined;
}

/** How long nodes wait for the engine, in milliseconds. */
const engineDeadlineMs = 2_000;
/** Sweeps that may fail in a row. */
const failedSweeps = 12;
/** One world in so many has no fault at all. */
const calmEvery = 16;

/** The plan of a seed: it depends on nothing else. */
export function planOf(seed: number): Plan {
  const random = createSeededRandom(seed);
  const closing = drawClosing(createSeededRandom(seed ^ 0xc105));
  const faults = closing.isHeardOf ? withoutDeafness(drawFaults(random)) : drawFaults(random);
  return {
    seed,
    faults,
    nodes: 2 + random.below(3),
    sdkClients: 16 + random.below(20),
    pollers: 4 + random.below(6),
    beaters: 4 + random.below(6),
    rounds: 1 + random.below(3),
    roundMs: 8_000 + random.below(7_000),
    holdMs: 1_000 * (3 + random.below(22)),
    skewMs: faults.has("skew") ? random.pick([5, 50, 200]) : 0,
    engineDeadlineMs,
    disconnectGraceSeconds: closing.graceSeconds,
    summing: drawSumming(createSeededRandom(seed ^ 0x5033)),
  };
}

/** How large channels are summed up, in one world of three. It has dice of its own. */
function drawSumming(random: SeededRandom): Plan["summing"] {
  if (random.below(3) > 0) return undefined;
  return { announceMax: random.pick([0, 1, 3]), intervalSeconds: random.pick([1, 2, 4]) };
}

/** Whether closing a poll leaves, and whether every node can hear of it then. It has dice of its own. */
function drawClosing(random: SeededRandom): {
  readonly graceSeconds: number | undefined;
  readonly isHeardOf: boolean;
} {
  if (random.below(3) > 0) return { graceSeconds: undefined, isHeardOf: false };
  return { graceSeconds: random.pick([1, 2, 3]), isHeardOf: random.below(2) === 0 };
}

function withoutDeafness(faults: ReadonlySet<FaultName>): ReadonlySet<FaultName> {
  return new Set([...faults].filter((fault) => !deafFaults.includes(fault)));
}

function drawFaults(random: SeededRandom): ReadonlySet<FaultName> {
  if (random.below(calmEvery) === 0) return new Set();
  const isHeavy = random.below(3) === 0;
  return new Set(faultNames.filter((name) => random.below(name === "silence" ? 6 : isHeavy ? 3 : 2) === 0));
}

/** What the checkers have to know of it; `engineSweepLateMs` is how late the engine itself may find an overdue seat. */
export function termsOf(plan: Plan, engineSweepLateMs = 0): Terms {
  const { faults, skewMs, holdMs } = plan;
  const isSlow = faults.has("engine-slow");
  const stuck: readonly FaultName[] = ["engine-failures", "engine-slow", "engine-outages", "cuts"];
  const isStuck = stuck.some((fault) => faults.has(fault));
  // A node sweeps again when the sweep before has come back or is given up; with few nodes all may wait at once.
  const stuckMs = (isStuck ? plan.engineDeadlineMs : 0) + (isSlow ? plan.engineDeadlineMs : 0);
  const failedMs = isStuck ? failedSweeps * sweepEveryMs : 0;
  return {
    skewMs,
    sweepLateMs: engineSweepLateMs + sweepEveryMs + engineDelayMsMax * 2 + stuckMs + failedMs + 2 * skewMs,
    holdMs,
    answerMs: 4 * plan.engineDeadlineMs + 1_000 + 2 * skewMs,
    defaultTimeoutMs: defaultTimeoutSeconds * 1_000,
    clients: plan.sdkClients + plan.pollers + plan.beaters,
    nodes: plan.nodes,
    graceMs: plan.disconnectGraceSeconds === undefined ? undefined : plan.disconnectGraceSeconds * 1_000,
    hearsOfCloses: !deafFaults.some((fault) => faults.has(fault)),
    summing: plan.summing && {
      announceMax: plan.summing.announceMax,
      everyMs: plan.summing.intervalSeconds * 1_000,
    },
  };
}

/** With one of these a node may not hear in time, or never, that another has given up what it holds a poll for. */
const deafFaults: readonly FaultName[] = [
  ...(["engine-failures", "engine-slow", "engine-outages", "engine-parts"] as const),
  ...(["cuts", "kills", "freezes", "suspends", "news"] as const),
];

/** The longest that a call to a well engine takes in one direction, in milliseconds. */
export const engineDelayMsMax = 20;

/** The presence timeout of seats for which none is asked. */
export const defaultTimeoutSeconds = 6;

/** A plan in one line. */
export function describePlan(plan: Plan): string {
  const { faults, nodes, sdkClients, pollers, beaters, rounds, roundMs, disconnectGraceSeconds, summing } =
    plan;
  const size = `${nodes} nodes, ${sdkClients} clients, ${pollers} pollers, ${beaters} beaters, ${rounds} x ${roundMs} ms`;
  const closes =
    disconnectGraceSeconds === undefined ? "" : `; closing leaves after ${disconnectGraceSeconds} s`;
  const sums =
    summing === undefined
      ? ""
      : `; above ${summing.announceMax} summed up every ${summing.intervalSeconds} s`;
  return `${size}${closes}${sums}; faults: ${[...faults].join(" ") || "none"}`;
}
