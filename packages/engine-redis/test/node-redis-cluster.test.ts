import { EngineError } from "@hereabouts/core";
import { openNodeRedisPort, type RedisPort } from "@hereabouts/engine-redis";
import { useRedisCluster } from "@hereabouts/testkit/redis";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { slotOf } from "../src/slots.ts";
import { eventually } from "./eventually.ts";
import { echo, publish } from "./scripts.ts";

const cluster = useRedisCluster();

/** Names whose slots lie all over the cluster. */
const names = Array.from({ length: 12 }, (_, index) => `{name-${index}}:news`);

beforeEach(() => cluster().settled(), 60_000);

async function openPort(url = cluster().url): Promise<RedisPort> {
  const port = await openNodeRedisPort(url, { commandMs: 1_000 });
  onTestFinished(() => port.close());
  return port;
}

/** A port that is subscribed to all names, with what it hears. */
async function openListener(): Promise<{ port: RedisPort; heard: Map<string, string>; gaps: () => number }> {
  const port = await openPort();
  const heard = new Map<string, string>();
  let gaps = 0;
  port.onGap(() => gaps++);
  for (const name of names) await port.subscribe(name, (message) => heard.set(name, message));
  return { port, heard, gaps: () => gaps };
}

/** Says something on all names until all have been heard. */
async function sayUntilHeard(
  { port, heard }: Awaited<ReturnType<typeof openListener>>,
  text: string,
): Promise<void> {
  await eventually(async () => {
    await Promise.all(names.map((name) => port.run(publish, [name], [text]).catch(() => undefined)));
    await new Promise(setImmediate);
    return names.every((name) => heard.get(name) === text);
  }, `${text} was heard on every name`);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof EngineError ? error.code : `not an engine error: ${error}`;
  }
}

test("scripts run on every master, from one seed alone, and heal on each", async () => {
  const [, seed] = cluster().servers;
  const port = await openPort(`redis+cluster://${seed?.address}`);
  const all = (text: string) => Promise.all(names.map((name) => port.run(echo, [name], [text])));
  expect(await all("1")).toEqual(names.map(() => "1"));
  for (const server of cluster().servers) await server.command("SCRIPT", "FLUSH");
  expect(await all("2")).toEqual(names.map(() => "2"));
});

test("masters are told with the slots they own", async () => {
  const port = await openPort();
  const masters = await port.masters();
  const addresses = (await cluster().masters()).map(({ address }) => address);
  expect(masters.map(({ address }) => address).sort()).toEqual([...addresses].sort());
  expect(new Set(masters.map(({ runId }) => runId)).size).toBe(3);
  const owned = masters.flatMap(({ slots }) => slots.map(([from, to]) => to - from + 1));
  expect(owned.reduce((sum, count) => sum + count, 0)).toBe(16_384);
});

test("subscriptions survive the death of a master, and who listens is told of the gap", async () => {
  const listener = await openListener();
  await sayUntilHeard(listener, "before");
  const [victim] = await cluster().masters();
  await victim?.kill();
  await sayUntilHeard(listener, "after");
  await eventually(() => listener.gaps() > 0, "the gap was told");
  const masters = await listener.port.masters();
  expect(masters.map(({ address }) => address)).not.toContain(victim?.address);
  await victim?.restart();
  await cluster().settled();
  await sayUntilHeard(listener, "whole again");
});

test("a master that is stopped and replaced is not spoken to any more, also when it goes on", async () => {
  const listener = await openListener();
  await sayUntilHeard(listener, "before");
  const [victim] = await cluster().masters();
  victim?.stop();
  await sayUntilHeard(listener, "after");
  victim?.cont();
  await cluster().settled();
  await sayUntilHeard(listener, "whole again");
  expect(await Promise.all(names.map((name) => codeOf(listener.port.run(echo, [name], ["x"]))))).toEqual(
    names.map(() => "none"),
  );
});

test("a slot that moves takes its scripts and subscriptions along, and nothing fails", async () => {
  const listener = await openListener();
  const [name = ""] = names;
  const slot = slotOf(name);
  await sayUntilHeard(listener, "before");
  const masters = await cluster().masters();
  const owner = (await listener.port.masters()).find(({ slots }) =>
    slots.some(([a, b]) => slot >= a && slot <= b),
  );
  const source = masters.find(({ address }) => address === owner?.address);
  const target = masters.find((server) => server !== source);
  if (source === undefined || target === undefined)
    throw new Error("the slot has an owner, and others have not");
  const [sourceId, targetId] = [
    await source.command("CLUSTER", "MYID"),
    await target.command("CLUSTER", "MYID"),
  ];
  await target.command("CLUSTER", "SETSLOT", `${slot}`, "IMPORTING", `${sourceId}`);
  await source.command("CLUSTER", "SETSLOT", `${slot}`, "MIGRATING", `${targetId}`);
  // A key that is not there (any more) is asked for at the target.
  expect(await codeOf(listener.port.run(echo, [name], ["asked"]))).toBe("none");
  for (const server of [target, source])
    await server.command("CLUSTER", "SETSLOT", `${slot}`, "NODE", `${targetId}`);
  expect(await codeOf(listener.port.run(echo, [name], ["moved"]))).toBe("none");
  await sayUntilHeard(listener, "after");
  await eventually(() => listener.gaps() > 0, "the gap was told");
});

test("a cluster that is not there is refused", async () => {
  await expect(openNodeRedisPort("redis+cluster://127.0.0.1:1,127.0.0.1:2")).rejects.toThrow(
    /Redis cannot be used/,
  );
});
