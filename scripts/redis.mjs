/** `node scripts/redis.mjs`: sees to it that the suites of the cluster have a redis-server, and says where; at once when it is there. */
import { ensureRedis, findRedis } from "./lib/redis.mjs";

const problem = await ensureRedis();
if (problem === undefined) {
  console.log(findRedis());
} else {
  console.error(`The suites of the cluster cannot be run: ${problem}.`);
  process.exitCode = 1;
}
