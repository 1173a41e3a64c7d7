import { describeEngineModel } from "@hereabouts/testkit/conformance";
import { useRedis } from "@hereabouts/testkit/redis";
import { openAt } from "./open-engine.ts";

const redis = useRedis();

describeEngineModel(
  "redis",
  openAt(() => redis().url),
  { keeps: "everything", runs: 40 },
);
