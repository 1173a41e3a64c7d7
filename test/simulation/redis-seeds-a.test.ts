/** Whole clusters on a real redis-server, with everything that can go wrong: the first share of the seeds. */
import { testRedisShare } from "./redis-seeds.ts";

testRedisShare(0);
