/** Scripts for tests of the port. */
import { createHash } from "node:crypto";
import type { Script } from "@hereabouts/engine-redis";

/** A script of this source. */
export function scriptOf(source: string): Script {
  return { name: "test", source, sha: createHash("sha1").update(source).digest("hex") };
}

/** Answers with its first argument. */
export const echo: Script = scriptOf("return ARGV[1]");

/** Says its argument on the sharded channel that its key names. */
export const publish: Script = scriptOf("return redis.call('SPUBLISH', KEYS[1], ARGV[1])");
