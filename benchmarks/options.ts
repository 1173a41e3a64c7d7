/** The bench's command line. */
import { type Runtime, runtimes } from "../packages/testkit/src/runtimes.ts";

/** The suites, in the order in which they run. */
export const suiteNames = ["heartbeats", "held", "here-now", "long-poll"] as const;

/** One of the suites. */
export type SuiteName = (typeof suiteNames)[number];

/** What to run. */
export interface Options {
  readonly suites: readonly SuiteName[];
  readonly runtimes: readonly Runtime[];
  readonly isQuick: boolean;
  /** Where to write the report; `undefined` chooses a name in `benchmarks/results`, or none for a quick run. */
  readonly out: string | undefined;
}

/** What `--help` shows. */
export const help = `Measures Hereabouts beside bare HTTP servers on the same machine, in the same run.

Usage: npm run bench -- [suites] [options]

Suites (default: heartbeats held here-now):
  heartbeats   CPU per heartbeat and heartbeats per second
  held         memory and CPU of thousands of held polls with their seats
  here-now     here now of a channel of 10,000, at rest and while people come and go
  long-poll    one poll per runtime, held for 280 s: longer than any runtime's idle timeout (takes five minutes)

Options:
  --bun, --node   only on this runtime (default: on both)
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
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const suite = suiteNames.find((name) => name === arg);
    const runtime = runtimes.find((name) => `--${name}` === arg);
    if (suite !== undefined) suites.push(suite);
    else if (runtime !== undefined) chosen.push(runtime);
    else if (arg === "--quick") isQuick = true;
    else if (arg === "--help" || arg === "-h") return "help";
    else if (arg === "--out") {
      out = args[++index];
      if (out === undefined) return "--out needs the name of a file.";
    } else return `There is no suite or option "${arg}". Try --help.`;
  }
  return {
    suites: suites.length > 0 ? suites : ["heartbeats", "held", "here-now"],
    runtimes: chosen.length > 0 ? chosen : runtimes,
    isQuick,
    out,
  };
}
