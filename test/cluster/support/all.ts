/** All scenarios as a list. */
import {
  masterKilled,
  nodeKilled,
  nodePaused,
  redisAway,
  redisCut,
  redisEmptied,
  redisSilent,
  rollingRestart,
} from "../scenarios/index.ts";
import type { Scenario } from "./scenario.ts";

/** In the order in which they run and are reported. */
export const scenarios: readonly Scenario[] = [
  nodeKilled,
  nodePaused,
  rollingRestart,
  masterKilled,
  redisEmptied,
  redisCut,
  redisSilent,
  redisAway,
];
