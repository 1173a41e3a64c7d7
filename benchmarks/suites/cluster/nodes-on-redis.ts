/** What the cluster's suites share: a Redis on the load's core, and nodes or the naive presence on the other. */

import { type RedisProcess, startRedis } from "../../../packages/testkit/src/redis/redis-process.ts";
import type { Runtime } from "../../../packages/testkit/src/runtimes.ts";
import type { Bench, Row } from "../../bench.ts";
import { launch, pin, type Running, type Subject } from "../../launch.ts";
import { spreadOf } from "../../statistics.ts";

/** The runtime that nodes run on: the first that was chosen. */
export function runtimeOf(bench: Bench): Runtime {
  return bench.runtimes[0] ?? "bun";
}

/** A node of a cluster on this engine, as a subject. */
export function nodeOn(url: string, runtime: Runtime): Subject {
  return { kind: "hereabouts", runtime, args: ["--engine", url, "--drain-seconds", "0"] };
}

/** The naive presence on a Redis, as a subject. */
export function naiveOn(url: string): Subject {
  return { kind: "peer", runtime: "bun", file: "naive-redis.ts", args: [url] };
}

/** Starts a fresh Redis and so many servers on it, does some work with them, and ends them all. */
export async function withServers<Result>(
  subjectOn: (url: string) => Subject,
  count: number,
  work: (servers: readonly Running[], redis: RedisProcess) => Promise<Result>,
): Promise<Result> {
  await using redis = await startRedis();
  pin("load", redis.pid);
  return await withLaunched(subjectOn(redis.url), count, (servers) => work(servers, redis));
}

/** Starts so many of a subject, does some work with them, and ends them. */
export async function withLaunched<Result>(
  subject: Subject,
  count: number,
  work: (servers: readonly Running[]) => Promise<Result>,
): Promise<Result> {
  const servers: Running[] = [];
  try {
    for (let index = 0; index < count; index++) servers.push(await launch(subject));
    return await work(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The first of some servers. */
export function firstOf<Item>(items: readonly Item[]): Item {
  const [first] = items;
  if (first === undefined) throw new Error("There is at least one.");
  return first;
}

/** Figures by name, one object for each round, as a line of a table. */
export function rowOfRounds(name: string, rounds: readonly Readonly<Record<string, number>>[]): Row {
  const names = Object.keys(rounds[0] ?? {});
  const figures = names.map(
    (each) => [each, spreadOf(rounds.map((round) => round[each] ?? Number.NaN))] as const,
  );
  return { name, figures: Object.fromEntries(figures), remark: "" };
}
