/** Runs one scenario from an empty store to a verdict. */
import { arch, cpus, platform, totalmem } from "node:os";
import type { Runtime } from "@hereabouts/testkit";
import type { CrowdReport, Transport } from "@hereabouts/testkit/cluster";
import type { Fault, Scenario } from "./scenario.ts";
import { openStage, type Size, type Stage, timeoutOf } from "./stage.ts";
import { until, untilInstant } from "./until.ts";
import { faultsIn, judge, type Notes, type Verdict } from "./verdict.ts";

/** What a scenario came to; scalars only, so that files of it are easy to compare. */
export interface Outcome {
  readonly scenario: string;
  readonly runtime: Runtime;
  /** What users and watchers held. */
  readonly transport: Transport;
  readonly date: string;
  readonly machine: string;
  readonly command: string;
  readonly users: number;
  readonly nodes: number;
  readonly redis: string;
  /** Of users who poll, or of streams' seats. */
  readonly presenceTimeoutSeconds: number;
  /** How long the fault lasted. */
  readonly faultMs: number;
  /** From the end of the fault until every node and every roster was right, and remained so. */
  readonly agreeMs: number;
  /** From the end of the fault until every user's poll or stream was held again. */
  readonly heldMs: number;
  /** The most users that one node or roster did not show at one time although they were there. */
  readonly missingMost: number;
  /** Users still shown by somebody at the end, after their bound. */
  readonly ghosts: number;
  readonly falseLeaves: number;
  readonly falseJoins: number;
  /** Joins of users whose seats the store had lost. */
  readonly rejoins: number;
  readonly events: number;
  readonly toldTwice: number;
  readonly neverTold: number;
  readonly channelsWithNewEpoch: number;
  readonly messagesOwed: number;
  readonly messagesLost: number;
  readonly messagesDoubled: number;
  /** The longest time from a silent user's last request and its timeout to that event's arrival at a watcher. */
  readonly timeoutLateMs: number;
  /** From an event to its arrival at a watcher, the longest, and the longest but one per cent. */
  readonly deliveryMaxMs: number;
  readonly deliveryP99Ms: number;
  /** Requests of users that were refused or broken off, of how many. */
  readonly requestsFailed: number;
  readonly requests: number;
  readonly failures: string;
  readonly remark: string;
  readonly isGood: boolean;
}

/** How to run a scenario. */
export interface RunOptions {
  readonly scenario: Scenario;
  readonly runtime: Runtime;
  readonly transport: Transport;
  readonly size: Size;
  readonly command: string;
  readonly say: (line: string) => void;
}

/** An outcome and, in sentences, what is wrong with it. */
export interface Result {
  readonly outcome: Outcome;
  readonly faults: readonly string[];
}

const agreeWithinMs = 60_000;

/** Sets up, breaks, mends, waits until all is settled, and judges. */
export async function runScenario(options: RunOptions): Promise<Result> {
  const { scenario, runtime, transport, size, say } = options;
  const { topology, crowding } = scenario;
  await using stage = await openStage({ runtime, transport, topology, size, crowding, say });
  const fault = await scenario.inject(stage);
  say(`the fault is over after ${fault.to - fault.from} ms`);
  const heldMs = await heldAfter(stage, fault);
  const wasAgreed = await settled(stage, fault, say);
  await stage.crowd.order({ kind: "hush" });
  const crowd = await lastReport(stage, scenario);
  const verdict = await lastVerdict(stage);
  const measured = measure(stage, fault, { crowd, verdict, heldMs });
  const faults = [
    ...(wasAgreed ? [] : disagreement(stage)),
    ...faultsIn(verdict, crowd, scenario.allowance),
    ...rosterFaults(stage, scenario),
    ...(measured.ghosts > 0 ? [`${measured.ghosts} ghosts are left`] : []),
    ...(fault.problems ?? []),
  ];
  const outcome: Outcome = { ...about(options), ...measured, isGood: faults.length === 0 };
  if (faults.length > 0) for (let node = 0; node < size.nodes; node += 1) say(lastLines(stage, node));
  return { outcome, faults };
}

function about({
  scenario,
  runtime,
  transport,
  size,
  command,
}: RunOptions): Pick<
  Outcome,
  | "scenario"
  | "runtime"
  | "transport"
  | "date"
  | "machine"
  | "command"
  | "users"
  | "nodes"
  | "redis"
  | "presenceTimeoutSeconds"
> {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return {
    scenario: scenario.name,
    runtime,
    transport,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores of ${cpus()[0]?.model ?? "an unknown CPU"}, ${gibibytes} GiB, ${platform()} ${arch()}`,
    command,
    users: size.users,
    nodes: size.nodes,
    redis: scenario.topology,
    presenceTimeoutSeconds: timeoutOf({ size, transport }),
  };
}

async function heldAfter(stage: Stage, fault: Fault): Promise<number> {
  await stage.everybodyIsHeld(agreeWithinMs);
  return Date.now() - fault.to;
}

/** Waits until all agree, and then until nobody who is gone may be shown any more, and all still agree. */
async function settled(stage: Stage, fault: Fault, say: (line: string) => void): Promise<boolean> {
  const agreed = (): number | undefined => stage.agreement.since();
  try {
    const { value } = await until("Agreement", agreeWithinMs, agreed);
    say(`all agree ${Math.max(0, value - fault.to)} ms after the fault`);
    await untilInstant(Math.max(stage.truth.lastBound(), fault.to) + 500);
    // One more round has to begin after that.
    const from = stage.agreement.looks();
    const perRound = stage.options.size.nodes + stage.rosters.length;
    await until("Another round", 10_000, () =>
      stage.agreement.looks() >= from + 2 * perRound ? true : undefined,
    );
    await until("Agreement at the end", 10_000, agreed);
    return true;
  } catch {
    return false;
  }
}

function disagreement(stage: Stage): readonly string[] {
  return stage.agreement.wrong.slice(-3).map(({ who, problem, difference: { missing, ghosts } }) => {
    const shown = (names: readonly string[]): string => `${names.length} (${names.slice(0, 3).join(", ")})`;
    return `${who} is not right at the end: ${problem ?? ""} missing ${shown(missing)}, ghosts ${shown(ghosts)}`;
  });
}

/** The crowd's report when its messages have come, or a while later when they do not. */
async function lastReport(stage: Stage, { allowance }: Scenario): Promise<CrowdReport> {
  const report = (): Promise<CrowdReport> => stage.crowd.order({ kind: "report" });
  const whole = async (): Promise<CrowdReport | undefined> => {
    const now = await report();
    return now.lost === 0 ? now : undefined;
  };
  return await until("Every message", allowance.historyLoss ? 3_000 : 10_000, whole).then(
    ({ value }) => value,
    report,
  );
}

/** The verdict when every watcher has caught up, or a while later when one does not. */
async function lastVerdict(stage: Stage): Promise<Verdict> {
  const now = (): Verdict => judge(stage.watchers satisfies readonly Notes[], stage.truth);
  const whole = (): Verdict | undefined => {
    const verdict = now();
    return verdict.lost.length + verdict.untold.length === 0 ? verdict : undefined;
  };
  return await until("Every event", 5_000, whole).then(({ value }) => value, now);
}

/** Users who vanished from a roster though they had not gone. Where Redis forgets, rosters have to forget, too. */
function rosterFaults({ rosters, truth }: Stage, { allowance }: Scenario): readonly string[] {
  if (allowance.historyLoss) return [];
  return rosters.flatMap(({ name, vanished }) =>
    vanished
      .filter(({ user }) => truth.life(user)?.last.stage === "seated")
      .slice(0, 3)
      .map(({ user, channel, at }) => `${user} vanished from the roster of ${channel} at ${name}, at ${at}`),
  );
}

interface Facts {
  readonly crowd: CrowdReport;
  readonly verdict: Verdict;
  readonly heldMs: number;
}

function measure(
  stage: Stage,
  fault: Fault,
  { crowd, verdict, heldMs }: Facts,
): Omit<Outcome, keyof ReturnType<typeof about> | "isGood"> {
  const during = stage.watchers.flatMap(({ events }) => events).filter(({ at }) => at >= fault.from);
  const delays = during.map(({ arrivedAt, at }) => arrivedAt - at).sort((a, b) => a - b);
  const wrong = stage.agreement.wrong;
  const since = stage.agreement.since();
  const lastLooks = wrong.filter(({ at }) => since === undefined && at > Date.now() - 3_000);
  return {
    faultMs: fault.to - fault.from,
    agreeMs: since === undefined ? -1 : Math.max(0, since - fault.to),
    heldMs: Math.max(0, heldMs),
    missingMost: Math.max(0, ...wrong.map(({ difference }) => difference.missing.length)),
    ghosts: new Set(lastLooks.flatMap(({ difference }) => difference.ghosts)).size,
    falseLeaves: verdict.falseEnds.length,
    falseJoins: verdict.falseJoins.length,
    rejoins: verdict.rejoins,
    events: verdict.events,
    toldTwice: verdict.doubled.length,
    neverTold: verdict.lost.length + verdict.untold.length,
    channelsWithNewEpoch: verdict.newEpochs.length,
    messagesOwed: crowd.owed,
    messagesLost: crowd.lost,
    messagesDoubled: crowd.doubled,
    timeoutLateMs: verdict.latestTimeoutMs,
    deliveryMaxMs: delays.at(-1) ?? 0,
    deliveryP99Ms: delays[Math.floor(delays.length * 0.99)] ?? 0,
    requestsFailed: Object.values(crowd.failures).reduce((sum, times) => sum + times, 0),
    requests: crowd.polls + crowd.heartbeats,
    failures: Object.entries(crowd.failures)
      .map(([what, times]) => `${what}: ${times}`)
      .join(", "),
    remark: fault.remark ?? "",
  };
}

function lastLines({ fleet }: Stage, node: number): string {
  return `node ${node} wrote at last:\n${fleet.output(node).split("\n").slice(-5).join("\n")}`;
}
