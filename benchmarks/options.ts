/** The bench's command line. */
import { type Runtime, runtimes } from "../packages/testkit/src/runtimes.ts";

/** The suites, in the order in which they run. */
export const suiteNames = [
  "heartbeats",
  "held",
  "idle",
  "fan-out",
  "here-now",
  "expiry",
  "storm",
  "ledger",
  "interval",
  "growth",
  "long-poll",
  "cluster-cost",
  "cluster-nodes",
  "cluster-masters",
  "cluster-delivery",
] as const;

/** Names that stand for several suites. */
const families: ReadonlyMap<string, readonly SuiteName[]> = new Map([
  ["cluster", ["cluster-cost", "cluster-nodes", "cluster-masters", "cluster-delivery"]],
]);

/** One of the suites. */
export type SuiteName = (typeof suiteNames)[number];

const usualSuites: readonly SuiteName[] = [
  "heartbeats",
  "held",
  "idle",
  "fan-out",
  "here-now",
  "expiry",
  "storm",
  "ledger",
  "interval",
  "growth",
];

/** What to run. */
export interface Options {
  readonly suites: readonly SuiteName[];
  readonly runtimes: readonly Runtime[];
  readonly isQuick: boolean;
  /** Rounds instead of the usual number; `undefined` leaves that alone. */
  readonly rounds: number | undefined;
  /** To measure, or only to write a page from the newest results. */
  readonly order: "measure" | "report" | "scale";
  /** Where to write the report; `undefined` chooses a name in `benchmarks/results`, or none for a quick run. */
  readonly out: string | undefined;
}

/** What `--help` shows. */
export const help = `Measures Hereabouts beside bare HTTP servers on the same machine, in the same run.

Usage: npm run bench -- [suites] [options]
       npm run bench -- report        writes benchmarks/RESULTS.md from the newest results, without measuring
       npm run bench -- scale         writes the figures of docs/scale.md from the newest results

Suites (default: those with a B and a number, half an hour; each writes its result when it is done):
  heartbeats   B1: CPU per heartbeat and heartbeats per second
  held         B2: memory and CPU of thousands of held polls with their seats
  idle         B2: memory and CPU of thousands of members on WebSockets and with polls, beside the peers
  fan-out      B3: joins and leaves told to 1,000 observers, beside the peers
  here-now     B4: a channel of 100,000: joins, counts and pages while 1,000 a second come and go
  expiry       B5: 100,000 seats whose time is up in the same second
  storm        B6: thousands of clients cut off at once, and back within 5 s
  interval     B8: a channel of 10,000 told to as many observers by summaries
  ledger       B7: the ledger alone, beside a map of maps with a timing wheel
  growth       CPU and memory by the number of seats, of observers and of users in a channel, for docs/scale.md
  long-poll    one poll per runtime, held for 280 s: longer than any runtime's idle timeout (takes five minutes)
  cluster      all of these, with nodes on the first runtime; need redis-server:
    cluster-cost      what heartbeats, joins, polls and here now cost Redis, beside a naive presence
    cluster-nodes     heartbeats and joins with 1, 2 and 4 nodes on one Redis
    cluster-masters   how evenly three masters of a Redis Cluster are loaded
    cluster-delivery  from a join to observers on the same node and on another

Options:
  --bun, --node   only on this runtime (default: on both)
  --rounds N      so many rounds, 1-20, instead of 5 (1 with --quick)
  --quick         small and short: shows that everything works; the figures mean nothing
  --out FILE      write the report there (default: benchmarks/results/, and nowhere with --quick)
  --help          this text

Needs Linux: it reads /proc. With two cores or more and taskset, the server has core 0 and the load core 1.
Other work on the machine disturbs the figures; the report says how much of the server's core it took.`;

/** Reads the command line; a string is a sentence that says what is wrong with it. */
export function parseOptions(args: readonly string[]): Options | string | "help" {
  const suites: SuiteName[] = [];
  const chosen: Runtime[] = [];
  let isQuick = false;
  let out: string | undefined;
  let rounds: number | undefined;
  const [word] = args;
  if (args.length === 1 && (word === "report" || word === "scale"))
    return { suites: [], runtimes, isQuick: false, rounds, order: word, out };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const suite = suiteNames.find((name) => name === arg);
    const runtime = runtimes.find((name) => `--${name}` === arg);
    const family = families.get(arg);
    if (suite !== undefined) suites.push(suite);
    else if (family !== undefined) suites.push(...family);
    else if (runtime !== undefined) chosen.push(runtime);
    else if (arg === "--quick") isQuick = true;
    else if (arg === "--rounds") {
      rounds = Number(args[++index]);
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > 20)
        return "--rounds needs a whole number from 1 to 20.";
    } else if (arg === "--help" || arg === "-h") return "help";
    else if (arg === "--out") {
      out = args[++index];
      if (out === undefined) return "--out needs the name of a file.";
    } else return `There is no suite or option "${arg}". Try --help.`;
  }
  return {
    suites: suites.length > 0 ? suites : usualSuites,
    runtimes: chosen.length > 0 ? chosen : runtimes,
    isQuick,
    rounds,
    order: "measure",
    out,
  };
}
