/** Writes the figures of docs/scale.md: lines through what was measured, and what they come to for some sizes. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { numeral } from "./plots.ts";
import { type Found, newestResults } from "./results-page.ts";

const page = resolve(import.meta.dirname, "../docs/scale.md");

/** Puts the newest figures into the page, between its marks. Throws when a suite that it needs has no result. */
export function writeScalePage(say: (line: string) => void): void {
  const costs = costsOf(newestResults());
  let text = readFileSync(page, "utf8");
  for (const [mark, lines] of [
    ["costs", costTable(costs)],
    ["examples", exampleTable(costs)],
  ] as const) {
    const block = new RegExp(`(<!-- scale:${mark} -->\n)[\\s\\S]*?(<!-- /scale:${mark} -->)`);
    if (!block.test(text)) throw new Error(`docs/scale.md has no place for ${mark}.`);
    text = text.replace(block, (_, begin: string, end: string) => `${begin}\n${lines.join("\n")}\n\n${end}`);
  }
  writeFileSync(page, text);
  say(`Written to ${page}`);
}

/** What one of something costs. CPU in microseconds, memory in bytes. */
interface Costs {
  readonly node: Line;
  readonly joinCpu: number;
  readonly heartbeatCpu: number;
  readonly pollBytes: number;
  readonly streamBytes: number;
  readonly pollTold: Line;
  readonly streamTold: Line;
  readonly pageCpu: Line;
  readonly redisJoinCpu: number;
  readonly redisRenewalCpu: number;
}

/** A straight line through points: `base + slope * size`; `fit` is 1 when all points lie on it. */
interface Line {
  readonly base: number;
  readonly slope: number;
  readonly fit: number;
}

function costsOf(found: ReadonlyMap<string, Found>): Costs {
  const median = (suite: string, row: string, figure: string): number => {
    const value = found.get(suite)?.result.rows.find(({ name }) => name === row)?.figures[figure]?.median;
    if (value === undefined)
      throw new Error(`There is no result of "${row}", ${figure}: npm run bench -- ${suite}`);
    return value;
  };
  const line = (what: string, figure: string): Line => {
    const rows = found.get("growth")?.result.rows.filter(({ name }) => name.startsWith(`${what}, `)) ?? [];
    const points = rows.flatMap(({ figures }): [number, number][] => {
      const [size, value] = [figures.size?.median, figures[figure]?.median];
      return size === undefined || value === undefined ? [] : [[size, value]];
    });
    if (points.length < 3) throw new Error(`There are no points for ${what}: npm run bench -- growth`);
    return lineThrough(points);
  };
  return {
    node: line("seats", "RSS bytes"),
    joinCpu: line("seats", "CPU us").base,
    heartbeatCpu: median("heartbeats", "hereabouts on bun", "CPU us/request"),
    pollBytes: median("idle", "hereabouts on bun, long poll", "RSS bytes/member"),
    streamBytes: median("idle", "hereabouts on bun, stream", "RSS bytes/member"),
    pollTold: line("observers by poll", "CPU us"),
    streamTold: line("observers by stream", "CPU us"),
    pageCpu: line("users of the channel of a page of 500", "CPU us"),
    redisJoinCpu: median("cluster-cost", "join, 1 channel, hereabouts", "Redis CPU us"),
    redisRenewalCpu: median("cluster-cost", "heartbeat, 12 channels, hereabouts", "Redis CPU us") / 12,
  };
}

/** The line with the least squares of distances. */
export function lineThrough(points: readonly (readonly [number, number])[]): Line {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([size]) => size), mean(([, value]) => value)];
  const along = mean(([size]) => (size - x) ** 2);
  const slope = along === 0 ? 0 : mean(([size, value]) => (size - x) * (value - y)) / along;
  const base = y - slope * x;
  const spread = mean(([, value]) => (value - y) ** 2);
  const rest = mean(([size, value]) => (value - base - slope * size) ** 2);
  return { base, slope, fit: spread === 0 ? 1 : 1 - rest / spread };
}

function costTable(costs: Costs): string[] {
  const micros = (value: number): string => `${numeral(value)} us`;
  const through = ({ fit }: Line): string => `line, R² ${fit.toFixed(3)}`;
  const rows: readonly (readonly [string, string, string, string])[] = [
    ["`m0`", "a node without anybody", `${numeral(costs.node.base / 1e6)} MB`, through(costs.node)],
    [
      "`ms`",
      "a seat, with its channel's and the log's share",
      `${numeral(costs.node.slope)} B`,
      through(costs.node),
    ],
    ["`mp`", "a member with a held poll, its seat included", `${numeral(costs.pollBytes)} B`, "suite `idle`"],
    ["`mw`", "a member on a stream, its seat included", `${numeral(costs.streamBytes)} B`, "suite `idle`"],
    ["`ch`", "a heartbeat", micros(costs.heartbeatCpu), "suite `heartbeats`"],
    ["`cj`", "a join that nobody watches", micros(costs.joinCpu), "suite `growth`"],
    [
      "`cp`",
      "one poll told of a change, and asked again",
      micros(costs.pollTold.slope),
      through(costs.pollTold),
    ],
    ["`cw`", "one stream told of a change", micros(costs.streamTold.slope), through(costs.streamTold)],
    [
      "`cg`",
      "a page of 500",
      micros(costs.pageCpu.base),
      `grows by ${micros(costs.pageCpu.slope * 1e5)} per 100,000 users`,
    ],
    ["`rj`", "Redis: a join or leave", micros(costs.redisJoinCpu), "suite `cluster-cost`"],
    [
      "`rr`",
      "Redis: a renewal among others",
      micros(costs.redisRenewalCpu),
      "suite `cluster-cost`, 12 in a request",
    ],
  ];
  return [
    "| | One of | Costs | From |",
    "| --- | --- | ---: | --- |",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ];
}

/** What the examples have in common; said on the page as well. */
const assumed = {
  observersPerChannel: 20,
  changesPerUserHour: 4,
  heartbeatSeconds: 149,
  streamRenewalSeconds: 20,
  loadOfCore: 0.5,
  connectionsPerNode: 100_000,
  redisBytesPerSeat: 566,
} as const;

function exampleTable(costs: Costs): string[] {
  const rows = [10_000, 1_000_000, 100_000_000].flatMap((users) =>
    (["long poll", "stream"] as const).map((transport) => exampleRow(costs, users, transport)),
  );
  return [
    "| Users | Over | Changes/s | Told/s | CPU of nodes | Nodes | Memory of a node | CPU of Redis | Memory of Redis |",
    "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ];
}

function exampleRow(costs: Costs, users: number, transport: "long poll" | "stream"): string {
  const isPoll = transport === "long poll";
  const changes = (users * assumed.changesPerUserHour) / 3_600;
  const told = changes * assumed.observersPerChannel;
  const heartbeats = isPoll ? users / assumed.heartbeatSeconds : 0;
  const toldCpu = isPoll ? costs.pollTold.slope : costs.streamTold.slope;
  const cpu = (changes * costs.joinCpu + told * toldCpu + heartbeats * costs.heartbeatCpu) / 1e6;
  const byCpu = Math.ceil(cpu / assumed.loadOfCore);
  const nodes = Math.max(1, byCpu, Math.ceil(users / assumed.connectionsPerNode));
  const each = isPoll ? costs.pollBytes : costs.streamBytes;
  const memory = (costs.node.base + (users / nodes) * each) / 1e6;
  const isCluster = nodes > 1;
  const renewals = isPoll ? heartbeats : users / assumed.streamRenewalSeconds;
  const redisCpu = (changes * costs.redisJoinCpu + renewals * costs.redisRenewalCpu) / 1e6;
  const redisMemory = (users * assumed.redisBytesPerSeat) / 1e9;
  return `| ${[
    numeral(users),
    transport,
    numeral(changes),
    numeral(told),
    `${numeral(cpu)} cores`,
    nodes.toLocaleString("en-GB"),
    `${numeral(memory)} MB`,
    isCluster ? `${numeral(redisCpu)} cores` : "-",
    isCluster ? `${numeral(redisMemory)} GB` : "-",
  ].join(" | ")} |`;
}
