import { describeEngine } from "@hereabouts/testkit/conformance";
import { useRedis } from "@hereabouts/testkit/redis";
import { openAt } from "./open-engine.ts";

const redis = useRedis();

describeEngine(
  "redis",
  openAt(() => redis().url),
  { keeps: "everything" },
);
