/** B2: what a held poll with its seat weighs, what it costs to open, answer and drop, and whether anything stays behind. */
import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { askJson, capture, check, timeOf } from "../ask.ts";
import type { BareOrders } from "../bare/answers.ts";
import { type Bench, type Comparison, drawable, type Row, roundsOf, type SuiteResult } from "../bench.ts";
import { launch, type Running, type Settled, type Subject } from "../launch.ts";
import type { CrowdReport } from "../load/messages.ts";
import { channelName, subscribeTarget, userName } from "../load/requests.ts";
import { descriptorLimit, descriptorsOf } from "../proc.ts";
import { playRounds, ratioOfFigures, rowOfScores, type Scores } from "../rounds.ts";
import type { Spread } from "../statistics.ts";

const wantedRatio = 1.6;
/** Held polls' targets have it, handshakes' and others' do not: timetokens begin with 1, a handshake's cursor is 0. */
const pollMarker = "?tt=1";
/** Users of the warm-up; far from those of the measurement, in the same channels. */
const warmUpFirst = 1_000_000;

interface Size {
  readonly polls: number;
  readonly channels: number;
  readonly rounds: number;
}

interface Contender {
  readonly name: string;
  readonly subject: Subject;
}

/** What one round found out about one contender. */
interface Sample {
  readonly bytesPerPoll: number;
  readonly bytesPerPollUnsettled: number;
  readonly bytesPerSeatedConnection: number;
  readonly heapBytesPerPoll: number;
  readonly handshake: CrowdReport;
  readonly open: CrowdReport;
  readonly answer: CrowdReport;
  readonly abort: CrowdReport;
  readonly residentMegabytes: number;
  readonly leakedBytesPerPoll: number;
}

/** Runs the suite. */
export async function held(bench: Bench): Promise<SuiteResult> {
  const size = sizeOf(bench);
  const contenders: Contender[] = [];
  for (const runtime of bench.runtimes) {
    contenders.push({ name: `hereabouts on ${runtime}`, subject: { kind: "hereabouts", runtime } });
    contenders.push({
      name: `bare ${runtime}`,
      subject: { kind: "bare", runtime, orders: await learn(runtime) },
    });
  }
  const scores = await playRounds(bench, contenders, {
    rounds: size.rounds,
    measure: (contender) => measure(bench, contender, size),
    show: (sample) =>
      `${Math.round(sample.bytesPerPoll)} bytes/poll  open ${microsOf(sample.open).toFixed(1)} us  ` +
      `answer ${microsOf(sample.answer).toFixed(1)} us  abort ${microsOf(sample.abort).toFixed(1)} us`,
  });
  return {
    suite: "held",
    about: "Polls held on connections of their own, each with its seat; then all answered; then all dropped.",
    parameters: { ...size, fileDescriptorLimit: descriptorLimit(), warmUpPolls: warmUpOf(size) },
    checks: [
      "No poll is answered before something happens; every poll is answered once, with the message of its channel.",
      "The keyset's occupancy is the number of users that sat down.",
      "After all connections are dropped the server has closed its ends.",
    ],
    noScores: scores.noScores,
    rows: contenders.map(({ name }) => rowOf(scores, name)),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonOf(runtime, scores))),
  };
}

function sizeOf(bench: Bench): Size {
  if (bench.isQuick) return { polls: 200, channels: 20, rounds: roundsOf(bench) };
  // Some descriptors are needed for other things, on both sides.
  return { polls: Math.min(18_000, descriptorLimit() - 1_500), channels: 1_000, rounds: roundsOf(bench) };
}

function warmUpOf(size: Size): number {
  return Math.min(1_000, size.polls);
}

async function measure(bench: Bench, contender: Contender, size: Size): Promise<Sample> {
  const running = await launch(contender.subject);
  const isOurs = contender.subject.kind === "hereabouts";
  const crowd = { bench, running, channels: size.channels, isOurs };
  try {
    await cycle({ ...crowd, first: warmUpFirst, count: warmUpOf(size) });
    const descriptorsBefore = descriptorsOf(running.pid);
    const base = await running.settle();
    const main = await cycle({ ...crowd, first: 0, count: size.polls });
    const once = await running.settle();
    if (isOurs) await verifyOccupancy(running, size.polls + warmUpOf(size));
    await cycle({ ...crowd, first: 0, count: size.polls });
    const twice = await running.settle();
    const descriptorsLeft = descriptorsOf(running.pid) - descriptorsBefore;
    check(
      descriptorsLeft <= 8,
      `${descriptorsLeft} descriptors are still open after all connections were dropped`,
    );
    const each = (bytes: number): number => bytes / size.polls;
    return {
      bytesPerPoll: each(main.whileHeld.residentBytes - base.residentBytes),
      bytesPerPollUnsettled: each(main.whileHeld.unsettledBytes - base.residentBytes),
      bytesPerSeatedConnection: each(main.whileSeated.residentBytes - base.residentBytes),
      heapBytesPerPoll: each(main.whileHeld.heapBytes - base.heapBytes),
      handshake: main.handshake,
      open: main.hold,
      answer: main.release,
      abort: main.abort,
      residentMegabytes: main.whileHeld.residentBytes / 1_000_000,
      leakedBytesPerPoll: each(twice.heapBytes - once.heapBytes),
    };
  } finally {
    await running.stop();
  }
}

interface Cycle {
  readonly bench: Bench;
  readonly running: Running;
  readonly first: number;
  readonly count: number;
  readonly channels: number;
  readonly isOurs: boolean;
}

interface Cycled {
  readonly whileSeated: Settled;
  readonly whileHeld: Settled;
  readonly handshake: CrowdReport;
  readonly hold: CrowdReport;
  readonly release: CrowdReport;
  readonly abort: CrowdReport;
}

/** A crowd sits down, waits, is answered, waits again and is gone. */
async function cycle({ bench, running, first, count, channels, isOurs }: Cycle): Promise<Cycled> {
  const { load } = bench;
  const { port, pid } = running;
  const crowd = { first, users: count, channels };
  const handshake = await load.run<"open">({
    kind: "open",
    port,
    pid,
    plan: { kind: "handshakes", ...crowd },
  });
  const whileSeated = await running.settle();
  const hold = await load.run<"hold">({ kind: "hold", plan: await pollsOf(running, crowd, isOurs) });
  const whileHeld = await running.settle();
  const text = `wave-${first}`;
  const release = await load.run<"release">({
    kind: "release",
    plan: isOurs ? { kind: "publishes", channels, text } : { kind: "repeat", target: "/release" },
    expect: isOurs ? ['"c":"CHANNEL"', `"d":"${text}"`] : [],
    channels,
    first,
  });
  await load.run<"hold">({ kind: "hold", plan: await pollsOf(running, crowd, isOurs) });
  const abort = await load.run<"abort">({ kind: "abort" });
  return { whileSeated, whileHeld, handshake, hold, release, abort };
}

async function pollsOf(
  running: Running,
  crowd: { readonly first: number; readonly users: number; readonly channels: number },
  isOurs: boolean,
): Promise<{ kind: "polls"; cursor: string } & typeof crowd> {
  // From now on: everybody's joins lie before, so that the polls have nothing to tell.
  const cursor = isOurs ? await timeOf(running.port) : "17000000000000000";
  return { kind: "polls", ...crowd, cursor };
}

async function learn(runtime: Runtime): Promise<BareOrders> {
  const running = await launch({ kind: "hereabouts", runtime });
  const { port } = running;
  try {
    const answer = await capture(port, subscribeTarget(channelName(1), userName(1), "0"));
    check(answer.status === 200, `a handshake is answered ${answer.status}: ${answer.body}`);
    const poll = capture(port, subscribeTarget(channelName(1), userName(1), await timeOf(port)));
    await capture(port, `/publish/demo/demo/0/${channelName(1)}/0/%22wave-0%22?uuid=bench&pnsdk=bench%2F1`);
    const released = await poll;
    check(released.body.includes('"d":"wave-0"'), `a poll is answered with ${released.body}`);
    return { answer, hold: { marker: pollMarker, released } };
  } finally {
    await running.stop();
  }
}

async function verifyOccupancy(running: Running, users: number): Promise<void> {
  const answer = await askJson(running.port, "/v2/presence/sub-key/demo?disable_uuids=1&uuid=bench");
  const text = JSON.stringify(answer);
  check(
    text.includes(`"total_occupancy":${users}`),
    `the keyset has not ${users} seats: ${text.slice(-200)}`,
  );
}

function microsOf(report: CrowdReport): number {
  return (report.serverCpuMs * 1000) / report.count;
}

function rowOf(scores: Scores<Sample>, name: string): Row {
  return rowOfScores(scores, name, {
    "RSS bytes/poll": (sample) => sample.bytesPerPoll,
    "before GC": (sample) => sample.bytesPerPollUnsettled,
    "seated, idle": (sample) => sample.bytesPerSeatedConnection,
    "heap bytes/poll": (sample) => sample.heapBytesPerPoll,
    "connect, handshake us": (sample) => microsOf(sample.handshake),
    "open us": (sample) => microsOf(sample.open),
    "answer us": (sample) => microsOf(sample.answer),
    "first to last ms": (sample) => sample.answer.spreadMs,
    "abort us": (sample) => microsOf(sample.abort),
    "RSS MB": (sample) => sample.residentMegabytes,
    "left behind bytes/poll": (sample) => sample.leakedBytesPerPoll,
  });
}

function comparisonOf(runtime: Runtime, scores: Scores<Sample>): Comparison[] {
  const pair = [`hereabouts on ${runtime}`, `bare ${runtime}`] as const;
  const ratio = (part: (sample: Sample) => number): Spread => ratioOfFigures(scores, pair, part);
  return [
    {
      name: `RSS per held poll with its seat, ${pair.join(" / ")}`,
      value: ratio((sample) => sample.bytesPerPoll),
      wanted: runtime === "bun" ? { relation: "at most", limit: wantedRatio } : undefined,
    },
    {
      name: `CPU per poll opened, ${pair.join(" / ")}`,
      value: ratio((sample) => microsOf(sample.open)),
      wanted: undefined,
    },
    {
      name: `CPU per poll answered, ${pair.join(" / ")}`,
      value: ratio((sample) => microsOf(sample.answer)),
      wanted: undefined,
    },
  ];
}
