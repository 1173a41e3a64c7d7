/** How cost grows with seats, with observers and with the size of a channel: the points that docs/scale.md's lines are drawn through. */
import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { check, hereNow } from "../ask.ts";
import { type Bench, type Row, roundsOf, type SuiteResult } from "../bench.ts";
import { launch } from "../launch.ts";
import type { Plan } from "../load/messages.ts";
import type { FanOutReport } from "../load/socket-messages.ts";
import { hasStream, keysetArguments } from "../peers.ts";
import { cpuMsOf } from "../proc.ts";
import { spreadOf } from "../statistics.ts";

const seatsPerChannel = 50;

/** What was measured at one size, in one round. */
interface Point {
  readonly what: string;
  readonly size: number;
  readonly cpuMicros: number | undefined;
  readonly residentBytes: number | undefined;
}

/** Runs the suite. It is about the first runtime. */
export async function growth(bench: Bench): Promise<SuiteResult> {
  const runtime = bench.runtimes[0] ?? "bun";
  const sizes = bench.isQuick
    ? { seats: [500, 1_000, 2_000], observers: [5, 20, 40], pages: [600, 1_200, 2_400], ms: 300 }
    : {
        ...{ seats: [50_000, 100_000, 150_000, 200_000], observers: [10, 100, 400, 1_000] },
        ...{ pages: [2_000, 20_000, 100_000], ms: 1_500 },
      };
  const args = keysetArguments({ announceMax: 1_000 });
  const transports = (await hasStream({ kind: "hereabouts", runtime, args }))
    ? (["poll", "socket"] as const)
    : (["poll"] as const);
  const rounds = Math.min(2, roundsOf(bench));
  const points: Point[] = [];
  for (let round = 1; round <= rounds; round++) {
    const add = (more: readonly Point[]): void => {
      points.push(...more);
      for (const { what, size, cpuMicros } of more)
        bench.say(`  round ${round}/${rounds}  ${what} ${size}: ${cpuMicros?.toFixed(1) ?? "-"} us`);
    };
    add(await bySeats(bench, runtime, sizes.seats));
    for (const observers of sizes.observers)
      for (const transport of transports)
        add([await byObservers(bench, { runtime, args, observers, transport, ms: sizes.ms })]);
    for (const users of sizes.pages) add([await byUsers(bench, { runtime, users, ms: sizes.ms })]);
  }
  return {
    suite: "growth",
    about: `What a join costs and seats weigh, by their number; a change, by the number told; a page, by its channel's size. On ${runtime}.`,
    parameters: { seatsPerChannel, rounds, runtime },
    checks: ["Channels have the users that joined; every observer was told of every change once."],
    rows: rowsOf(points),
    comparisons: [],
  };
}

async function bySeats(bench: Bench, runtime: Runtime, sizes: readonly number[]): Promise<readonly Point[]> {
  const running = await launch({ kind: "hereabouts", runtime });
  const { port, pid } = running;
  try {
    const points: Point[] = [];
    const { residentBytes } = await running.settle();
    points.push({ what: "seats", size: 0, cpuMicros: undefined, residentBytes });
    let first = 0;
    for (const size of sizes) {
      const users = size - first;
      const channels = Math.ceil((sizes.at(-1) ?? size) / seatsPerChannel);
      const plan: Plan = { kind: "seats", first, users, channels, perUser: 1 };
      const before = cpuMsOf(pid);
      await bench.load.run<"each">({ kind: "each", port, plan, connections: 64 });
      const cpuMicros = ((cpuMsOf(pid) - before) * 1_000) / users;
      const settled = await running.settle();
      points.push({ what: "seats", size, cpuMicros, residentBytes: settled.residentBytes });
      first = size;
    }
    const { occupancy } = await hereNow(port, "room-0");
    check(occupancy === seatsPerChannel, `a channel has ${occupancy} users, not ${seatsPerChannel}`);
    return points;
  } finally {
    await running.stop();
  }
}

interface Fan {
  readonly runtime: Runtime;
  readonly args: readonly string[];
  readonly observers: number;
  readonly transport: "poll" | "socket";
  readonly ms: number;
}

async function byObservers(bench: Bench, { runtime, args, observers, transport, ms }: Fan): Promise<Point> {
  const running = await launch({ kind: "hereabouts", runtime, args });
  try {
    const report: FanOutReport = await bench.load.run<"fan-out">({
      ...{ kind: "fan-out", port: running.port, pid: running.pid, dialect: "stream", comings: "http" },
      ...{ watch: transport, channel: "hall", observers, comers: 32 },
      ...{ warmUpMs: ms / 2, measureMs: ms, latencyMs: 200 },
    });
    const changes = report.deliveries / observers;
    return {
      what: transport === "poll" ? "observers by poll" : "observers by stream",
      size: observers,
      cpuMicros: (report.serverCpuMs * 1_000) / changes,
      residentBytes: undefined,
    };
  } finally {
    await running.stop();
  }
}

/** Pages of 1,000 of a channel, in which a hundred users a second come and go. */
async function byUsers(
  bench: Bench,
  { runtime, users, ms }: { readonly runtime: Runtime; readonly users: number; readonly ms: number },
): Promise<Point> {
  // Without kept pages: how often one is asked for again before it changes would be measured, and not what it costs.
  const running = await launch({ kind: "hereabouts", runtime, args: ["--here-now-cache-ms", "0"] });
  const { port, pid } = running;
  const base = "/v2/presence/sub-key/demo/channel/hall";
  try {
    const fill: Plan = { kind: "fill", channel: "hall", first: 0, users, state: undefined };
    await bench.load.run<"each">({ kind: "each", port, plan: fill, connections: 64 });
    const pages = Math.floor(users / 500);
    const targets = Array.from(
      { length: pages },
      (_, page) => `${base}?limit=500&offset=${page * 500}&uuid=asker&pnsdk=bench%2F1`,
    );
    const report = await bench.load.run<"saturate">({
      ...{ kind: "saturate", port, pid, plan: { kind: "cycle", targets }, connections: 16 },
      ...{ warmUpMs: ms / 2, measureMs: ms },
      beside: {
        targets: [`${base}/heartbeat?uuid=comer&heartbeat=300`, `${base}/leave?uuid=comer`],
        perSecond: 100,
      },
    });
    const cpuMicros = (report.serverCpuMs * 1_000) / report.answers;
    return {
      what: "users of the channel of a page of 500",
      size: users,
      cpuMicros,
      residentBytes: undefined,
    };
  } finally {
    await running.stop();
  }
}

function rowsOf(points: readonly Point[]): Row[] {
  const places = [...new Set(points.map(({ what, size }) => `${what}|${size}`))];
  return places.map((place): Row => {
    const own = points.filter(({ what, size }) => `${what}|${size}` === place);
    const cpu = own.flatMap(({ cpuMicros }) => (cpuMicros === undefined ? [] : [cpuMicros]));
    const resident = own.flatMap(({ residentBytes }) => (residentBytes === undefined ? [] : [residentBytes]));
    const [what = "", size = ""] = place.split("|");
    return {
      name: `${what}, ${size}`,
      figures: {
        size: spreadOf([Number(size)]),
        ...(cpu.length > 0 ? { "CPU us": spreadOf(cpu) } : {}),
        ...(resident.length > 0 ? { "RSS bytes": spreadOf(resident) } : {}),
      },
      remark: "",
    };
  });
}
