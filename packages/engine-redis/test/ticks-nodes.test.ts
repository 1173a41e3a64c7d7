/** Summaries of several nodes on one Redis: each once, from whichever node is there, with what all of them did. */
import type { Engine, IntervalNotice, SummingOf } from "@hereabouts/core";
import type { Channel, SubscribeKey, UserId } from "@hereabouts/protocol";
import { useRedis } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { openAt } from "./open-engine.ts";
import { freshPrefix } from "./support/stores.ts";
import { start } from "./support/verbs.ts";

const redis = useRedis();
const open = openAt(() => redis().url);

const keyset = "sub-key" as SubscribeKey;
const everyMs = 10_000;
const large: SummingOf = () => ({ announceMax: 1, everyMs });

/** Some nodes that sum channels of more than one up. */
async function openNodes(count: number, place = freshPrefix()): Promise<readonly Engine[]> {
  return Promise.all(Array.from({ length: count }, () => openNode(place)));
}

async function openNode(place: string): Promise<Engine> {
  const node = await open({ now: start, place });
  onTestFinished(() => node.close(start));
  node.ticks.govern(large, start);
  return node;
}

async function join(node: Engine | undefined, user: string, channel: string, at: number): Promise<void> {
  const request = {
    ...{ user: user as UserId, device: undefined, channels: [channel as Channel], states: undefined },
    ...{ timeoutSeconds: 300, defaultTimeoutSeconds: 300, asksForOwnJoins: false },
    intent: "deliberate",
  } as const;
  await node?.presence.touch(keyset, request, at);
}

async function fire(nodes: readonly Engine[], at: number): Promise<readonly IntervalNotice[]> {
  return (await Promise.all(nodes.map((node) => node.ticks.fire(keyset, at, 500)))).flat();
}

test("each summary is told once, however many nodes fire at once, with what was done on each of them", async () => {
  const nodes = await openNodes(4);
  const channels = Array.from({ length: 40 }, (_, index) => `room-${index}`);
  for (const channel of channels)
    for (const [index, node] of nodes.entries()) await join(node, `u${index}`, channel, start);

  const told = await fire([...nodes, ...nodes], start + everyMs);

  expect(told.map(({ channel }) => channel).sort()).toEqual(channels.sort());
  expect(new Set(told.map(({ joined = [] }) => joined.join(" ")))).toEqual(new Set(["u1 u2 u3"]));
  const log = await nodes[0]?.log.read(
    keyset,
    channels.map((name) => `${name}-pnpres` as Channel),
    0n,
    500,
    start + everyMs,
  );
  expect(log?.entries.filter(({ kind }) => kind === "interval").length).toBe(channels.length);
});

test("a node that did nothing itself sums up what one that died has begun, a second late at most", async () => {
  const [dead, living] = await openNodes(2);
  if (living === undefined) throw new Error("there is no second node");
  expect(await fire([living], start)).toEqual([]);
  for (const user of ["u", "v", "w"]) await join(dead, user, "a", start + 10);
  const due = start + 10 + everyMs;

  const told = [];
  for (let at = start; at <= due + 1_000; at += 250) told.push(...(await fire([living], at)));

  expect(told).toMatchObject([
    { channel: "a", joined: ["v", "w"], occupancy: 3, sinceRevision: 1, revision: 3 },
  ]);
  expect(told[0]?.at).toBeGreaterThanOrEqual(due);
});

test("nodes whose clocks differ tell no more than one summary in an interval", async () => {
  const [ahead, behind] = await openNodes(2);
  if (ahead === undefined || behind === undefined) throw new Error("there are no two nodes");
  for (const user of ["u", "v"]) await join(behind, user, "a", start);

  const told: IntervalNotice[] = [];
  for (let at = start; at <= start + everyMs * 5; at += 250) {
    told.push(...(await fire([ahead], at + 400)));
    told.push(...(await fire([behind], at)));
  }

  const times = told.map(({ at }) => at - start);
  expect(times.map((at) => Math.floor(at / everyMs))).toEqual([1, 2, 3, 4, 5]);
  expect(told.map(({ sinceRevision, revision }) => [sinceRevision, revision])).toEqual([
    [1, 2],
    ...Array.from({ length: 4 }, () => [2, 2]),
  ]);
});

test("a node that knows no rule leaves channels alone, and counts what others collect all the same", async () => {
  const place = freshPrefix();
  const [node] = await openNodes(1, place);
  const other = await open({ now: start, place });
  onTestFinished(() => other.close(start));
  if (node === undefined) throw new Error("there is no node");
  for (const user of ["u", "v"]) await join(node, user, "a", start);
  await join(other, "w", "a", start);

  expect(await fire([other], start + everyMs)).toEqual([]);
  expect(await fire([node], start + everyMs)).toMatchObject([{ joined: ["v", "w"], occupancy: 3 }]);
});
