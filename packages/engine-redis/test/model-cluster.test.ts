import { describeEngineModel } from "@hereabouts/testkit/conformance";
import { useRedisCluster } from "@hereabouts/testkit/redis";
import { openAt } from "./open-engine.ts";

const cluster = useRedisCluster();

describeEngineModel(
  "redis cluster",
  openAt(() => cluster().url),
  { keeps: "everything", runs: 20 },
);
