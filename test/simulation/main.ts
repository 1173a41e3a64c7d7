/** `npm run sim`: runs seeds, and says which fail and how to see why. */
import { help, parseOptions, type RunOptions } from "./options.ts";
import { runSeeds } from "./run.ts";

const options = parseOptions(process.argv.slice(2));
if (options === "help") console.log(help);
else if (typeof options === "string") {
  console.error(options);
  process.exitCode = 2;
} else {
  process.exitCode = (await run(options)) === 0 ? 0 : 1;
}

async function run(chosen: RunOptions): Promise<number> {
  if (chosen.engine === "embedded") return runSeeds(chosen, console.log);
  // Only here: whoever has no redis-server needs neither.
  const { startRedis } = await import("@hereabouts/testkit/cluster");
  const { openSharedRedis, planOnRedis } = await import("./shared-redis.ts");
  await using server = await startRedis();
  // Awaited here: the server ends with this function.
  return await runSeeds(chosen, console.log, { openEngine: openSharedRedis(server), adjust: planOnRedis });
}
