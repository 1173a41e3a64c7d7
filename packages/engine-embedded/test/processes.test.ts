import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { Channel, Group, SubscribeKey } from "@hereabouts/protocol";
import { parseTimetoken, timetokenAt } from "@hereabouts/protocol";
import { type Runtime, runtimes } from "@hereabouts/testkit";
import { describe, expect, test } from "vitest";
import { keyset, start, temporaryDirectory, userOf } from "./helpers.ts";
import { spawnChild } from "./processes/spawn-child.ts";

const timeout = 30_000;

async function open(path: string, now = start) {
  return openEmbeddedEngine({ path, now, epoch: `parent-${now}` });
}

async function tourOf(runtime: Runtime, path: string): Promise<unknown[]> {
  const reports: unknown[] = [];
  for await (const report of spawnChild(runtime, "tour", path).reports) reports.push(report);
  return reports;
}

test("both runtimes give the same answers, over a restart too", { timeout }, async () => {
  const [bun, node] = await Promise.all([
    tourOf("bun", temporaryDirectory()),
    tourOf("node", temporaryDirectory()),
  ]);
  expect(bun).toEqual(node);
  const [, joined, , fits, tooMany, second, channels, swept, read, warnings] = node;
  expect(joined).toMatchObject({ changes: [{ kind: "join", user: "v", occupancy: 2, epoch: "first.1" }] });
  expect([fits, tooMany, channels, warnings]).toEqual([true, false, ["c", "a"], []]);
  expect(second).toMatch(/^EngineError: The database .* is in use by another server: database is locked\.$/);
  expect(swept).toMatchObject([
    { kind: "timeout", user: "u", epoch: "first.1", revision: 3 },
    { kind: "timeout", user: "v", epoch: "first.1", revision: 4 },
  ]);
  expect(read).toMatchObject({
    entries: [
      { kind: "change", change: { kind: "join" } },
      { kind: "change", change: { kind: "join" } },
      { kind: "publication", publication: { payload: '"é😀"' } },
      { kind: "publication", publication: { payload: '"2"' } },
      { kind: "change", change: { kind: "timeout" } },
      { kind: "change", change: { kind: "timeout" } },
    ],
  });
});

test("both runtimes give the same answers in memory", { timeout }, async () => {
  const [bun, node] = await Promise.all([tourOf("bun", ":memory:"), tourOf("node", ":memory:")]);
  expect(bun).toEqual(node);
  expect([node.length, node[6]]).toEqual([10, []]);
});

describe.each(runtimes)("on %s", (runtime) => {
  test("a kill in the middle of a burst loses no acknowledged change of a group", { timeout }, async () => {
    const path = temporaryDirectory();
    const child = spawnChild(runtime, "write-groups", path);
    const acknowledged = new Map<string, string[]>();
    let count = 0;
    for await (const report of child.reports) {
      const [group, channel] = report as [string, string];
      acknowledged.set(group, [...(acknowledged.get(group) ?? []), channel]);
      count += 1;
      // Not awaited: what is still in the pipe was acknowledged too.
      if (count === 500) void child.kill();
    }
    const engine = await open(path);
    for (const [group, channels] of acknowledged) {
      const stored = new Set(await engine.groups.channels(keyset, group as Group));
      expect(channels.filter((channel) => !stored.has(channel as Channel))).toEqual([]);
    }
    expect(count).toBeGreaterThanOrEqual(500);
    await engine.close(start);
  });

  test("a kill loses the seats, old ones do not come back, and timetokens go on rising [S-120]", {
    timeout,
  }, async () => {
    const path = temporaryDirectory();
    const first = await open(path, start);
    const request = {
      user: userOf("stored"),
      device: undefined,
      channels: ["a" as Channel],
      timeoutSeconds: 3_600,
      defaultTimeoutSeconds: 300,
      states: undefined,
      intent: "deliberate",
      asksForOwnJoins: true,
    } as const;
    await first.presence.touch(keyset, request, start);
    await first.close(start);

    const child = spawnChild(runtime, "use-and-wait", path);
    const reported = await firstOf(child.reports);
    expect(reported).toMatchObject({ occupancyBefore: 1 });
    await child.kill();

    const engine = await open(path, start + 2_000);
    const page = { offset: 0, limit: 10, unless: undefined };
    const { occupancy } = await engine.presence.channel(keyset, "a" as Channel, page, start + 2_000);
    const position = parseTimetoken((reported as { position: string }).position) ?? 0n;
    const [next = 0n] = await engine.log.append(keyset as SubscribeKey, [publication], start + 2_000);
    expect([occupancy, next > position]).toEqual([0, true]);
    expect(next < timetokenAt(start + 60_300 + 2_001)).toBe(true);
    await engine.close(start + 2_000);
  });

  test("a directory is refused while another process has it, and free once that is killed", {
    timeout,
  }, async () => {
    const path = temporaryDirectory();
    const child = spawnChild(runtime, "use-and-wait", path);
    await firstOf(child.reports);
    await expect(open(path)).rejects.toThrow("is in use by another server");
    await child.kill();
    const engine = await open(path);
    await engine.close(start);
  });
});

const publication = {
  kind: "message",
  channel: "a" as Channel,
  publisher: undefined,
  payload: '"m"' as never,
  meta: undefined,
  customMessageType: undefined,
  sequence: 1,
  origin: undefined,
} as const;

async function firstOf(reports: AsyncIterable<unknown>): Promise<unknown> {
  for await (const report of reports) return report;
  throw new Error("the child ended without a word");
}
