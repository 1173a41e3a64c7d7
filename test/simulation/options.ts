/** The command line of `npm run sim`. Pure. */

/** What nodes share: the embedded engine, or the Redis engine on a redis-server that is started for it. */
export type EngineName = "embedded" | "redis";

/** Which seeds to run, and how. */
export interface RunOptions {
  readonly from: number;
  readonly seeds: number;
  /** One seed to replay, with everything that happens; then no others run. */
  readonly replay: number | undefined;
  readonly engine: EngineName;
}

/** How many seeds run unless told. */
export const seedsDefault = 200;
const seedMax = 2 ** 32 - 1;

/** What `--help` says. */
export const help: string = [
  "Usage: npm run sim [-- options]",
  "",
  "Runs whole clusters in one process on a test clock, with a network, an engine, nodes and clocks that fail, and checks",
  "what came of it. A seed is a world: the same seed is the same world.",
  "",
  "  --seeds N   how many seeds, one after the other (default 200)",
  "  --from N    the first of them (default 1)",
  "  --seed N    replay one seed, and print everything that happens, with its step",
  "  --engine E  embedded (default), or redis: a redis-server is started, nodes are as far apart as in production, and a",
  "              seed is the same world only as far as real connections allow: a seed that failed may have to be replayed",
  "              more than once",
  "  --help      this text",
  "",
  "Seeds that failed before (test/simulation/seeds.ts) run first. The exit code is 1 when a seed fails, 2 for an unknown",
  "option.",
].join("\n");

/** Reads the arguments: options, `help`, or a sentence that says what is wrong. */
export function parseOptions(args: readonly string[]): RunOptions | "help" | string {
  const values = new Map<string, number>();
  let engine: EngineName = "embedded";
  for (let index = 0; index < args.length; index += 2) {
    const name = args[index] ?? "";
    if (name === "--help" || name === "-h") return "help";
    if (name === "--engine") {
      const wanted = args[index + 1] ?? "";
      if (wanted !== "embedded" && wanted !== "redis")
        return `--engine needs embedded or redis, not "${wanted}".`;
      engine = wanted;
      continue;
    }
    if (!["--seeds", "--from", "--seed"].includes(name))
      return `Unknown option ${name}. See npm run sim -- --help.`;
    const text = args[index + 1] ?? "";
    const value = Number(text);
    const min = name === "--seeds" ? 1 : 0;
    if (!/^\d+$/.test(text) || value < min || value > seedMax)
      return `${name} needs a whole number from ${min} to ${seedMax}, not "${text}".`;
    values.set(name, value);
  }
  if (values.has("--seed") && values.size > 1) return "--seed replays one seed: it stands alone.";
  return {
    from: values.get("--from") ?? 1,
    seeds: values.get("--seeds") ?? seedsDefault,
    replay: values.get("--seed"),
    engine,
  };
}
