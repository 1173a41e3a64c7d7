/** Every scenario, in the order in which they run. */
export { masterKilled } from "./master-killed.ts";
export { nodeKilled } from "./node-killed.ts";
export { nodePaused } from "./node-paused.ts";
export { redisEmptied } from "./redis-emptied.ts";
export { redisAway, redisCut, redisSilent } from "./redis-unreachable.ts";
export { rollingRestart } from "./rolling-restart.ts";
