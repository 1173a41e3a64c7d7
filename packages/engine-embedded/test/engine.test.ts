import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defaultPolicy, type Engine, EngineError } from "@hereabouts/core";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import { type PublishKey, timetokenAt } from "@hereabouts/protocol";
import { expect, onTestFinished, test } from "vitest";
import {
  brief,
  channelOf,
  channelsOf,
  groupOf,
  keyset,
  message,
  start,
  temporaryDirectory,
  userOf,
} from "./helpers.ts";

interface Opened {
  readonly engine: Engine;
  readonly warnings: string[];
}

let lives = 0;

async function open(path = ":memory:", now = start): Promise<Opened> {
  lives += 1;
  const warnings: string[] = [];
  const engine = await openEmbeddedEngine({
    path,
    now,
    epoch: `life-${lives}`,
    warn: (text) => warnings.push(text),
  });
  onTestFinished(() => engine.close(now));
  return { engine, warnings };
}

function seatRequest(user: string, ...channels: string[]) {
  return {
    user: userOf(user),
    device: undefined,
    channels: channelsOf(...channels),
    timeoutSeconds: 60,
    defaultTimeoutSeconds: 300,
    states: undefined,
    intent: "deliberate",
    asksForOwnJoins: true,
  } as const;
}

async function occupancyOf(engine: Engine, channel: string, now = start): Promise<number> {
  const page = { offset: 0, limit: 0, unless: undefined };
  return (await engine.presence.channel(keyset, channelOf(channel), page, now)).occupancy;
}

/** Changes the database behind the engine's back, while it is closed. */
function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(join(path, "hereabouts.db"));
  database.exec(sql);
  database.close();
}

async function closeWithSeats(path: string): Promise<void> {
  const { engine } = await open(path);
  await engine.presence.touch(keyset, seatRequest("u", "a"), start);
  await engine.log.append(keyset, [message("a", "m")], start);
  await engine.groups.change(keyset, groupOf("g"), { add: channelsOf("a"), remove: [] }, 10);
  await engine.close(start);
}

test("a renewal that changes nothing costs no new answer", async () => {
  const { engine } = await open();
  await engine.presence.touch(keyset, seatRequest("u", "a"), start);
  const renew = () => engine.presence.touch(keyset, seatRequest("u", "a"), start + 10_000);
  const first = await renew();
  expect(first).toEqual({
    changes: [],
    beforeOwnJoins: undefined,
    refusedUntil: undefined,
    channelsOverLimit: [],
  });
  expect(await renew()).toBe(first);
});

test("a change and its entry are one step: who is woken by it finds both", async () => {
  const { engine } = await open();
  const seen: Promise<unknown>[] = [];
  const logged = async (): Promise<unknown> => {
    const { entries } = await engine.log.read(keyset, channelsOf("a-pnpres"), 0n, 10, start);
    return entries.map(brief);
  };
  const wake = (): void => {
    seen.push(occupancyOf(engine, "a"), logged());
  };
  engine.log.watch(keyset, channelsOf("a-pnpres"), { wake });
  const touched = engine.presence.touch(keyset, seatRequest("u", "a"), start);
  expect(seen.length).toBe(2);
  await touched;
  expect(await Promise.all(seen)).toEqual([1, ["join u"]]);
});

test("a graceful restart does not let timetokens run ahead of the clock", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  const { engine } = await open(path, start + 5);
  const [timetoken] = await engine.log.append(keyset, [message("a")], start + 5);
  expect(timetoken).toBe(timetokenAt(start + 5));
});

test("what a close stored is taken up once", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  const { engine } = await open(path);
  expect(await occupancyOf(engine, "a")).toBe(1);
  await engine.presence.leave(keyset, { ...seatRequest("u", "a"), debounceMs: 0 }, start);
  await engine.close(start);
  const { engine: again } = await open(path);
  expect(await occupancyOf(again, "a")).toBe(0);
});

test.each([
  [
    "of another version",
    `UPDATE snapshot SET body = json_set(body, '$.version', 99) WHERE kind = 'head'`,
    "it is of version 99, not 1",
  ],
  ["without its head", "DELETE FROM snapshot WHERE kind = 'head'", "it has no head"],
  ["cut off", "DELETE FROM snapshot WHERE kind = 'log'", "2 rows were stored, 1 are there"],
  ["not JSON", "UPDATE snapshot SET body = '[{' WHERE kind = 'ledger'", "JSON"],
  [
    "no ledger",
    `UPDATE snapshot SET body = '[{"kind":"fish"}]' WHERE kind = 'ledger'`,
    'unknown kind "fish"',
  ],
  [
    "half a ledger",
    `UPDATE snapshot SET body = '[{"kind":"channel"}]' WHERE kind = 'ledger'`,
    "channel is missing, not a name",
  ],
  [
    "full of wrong numbers",
    `UPDATE snapshot SET body = replace(body, '"since":', '"since":"x","y":') WHERE kind = 'ledger'`,
    'since is "x"',
  ],
  [
    "full of wrong entries",
    `UPDATE snapshot SET body = '[{"timetoken":"x"}]' WHERE kind = 'log'`,
    'a timetoken is "x"',
  ],
  ["of unknown parts", "UPDATE snapshot SET kind = 'fish' WHERE kind = 'log'", "unknown kind fish"],
])("a snapshot that is %s is set aside, told, and everything else is there", async (_, sql, reason) => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  tamper(path, sql);
  const { engine, warnings } = await open(path);
  expect(warnings).toEqual([expect.stringContaining(reason)]);
  expect(warnings[0]).toMatch(/^The seats and entries of the last run cannot be read and were set aside: /);
  expect([await occupancyOf(engine, "a"), await engine.groups.channels(keyset, groupOf("g"))]).toEqual([
    0,
    ["a"],
  ]);
  const { changes } = await engine.presence.touch(keyset, seatRequest("u", "a"), start);
  expect(changes).toMatchObject([{ kind: "join", revision: 1, epoch: `life-${lives}.1` }]);
  expect(
    (await engine.log.read(keyset, channelsOf("a", "a-pnpres"), 0n, 10, start)).entries.map(brief),
  ).toEqual(["join u"]);
  await engine.close(start);
  const database = new DatabaseSync(join(path, "hereabouts.db"));
  expect(database.prepare("SELECT count(*) AS rows FROM snapshot_set_aside").get()?.rows).toBeGreaterThan(0);
  database.close();
});

test("seats outlast a keyset that cannot be read: once it is mended, they are taken up", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  tamper(path, "INSERT INTO keysets (subscribe_key, publish_key, policy) VALUES ('sub-x', 'pub-x', '[')");
  await expect(open(path)).rejects.toMatchObject({ name: "EngineError", code: "corrupt" });
  tamper(path, "DELETE FROM keysets");
  const { engine, warnings } = await open(path);
  expect([await occupancyOf(engine, "a"), warnings]).toEqual([1, []]);
});

test("a large keyset is stored in many rows and taken up whole", async () => {
  const path = temporaryDirectory();
  const { engine } = await open(path);
  for (let user = 0; user < 3_000; user++) {
    await engine.presence.touch(
      keyset,
      seatRequest(`user-${user}`, `channel-${user % 50}`, "everyone"),
      start,
    );
  }
  const payload = "x".repeat(20_000);
  for (let count = 0; count < 30; count++)
    await engine.log.append(keyset, [message("big", payload + count)], start);
  await engine.close(start);
  const database = new DatabaseSync(join(path, "hereabouts.db"));
  const longest = Number(
    database.prepare("SELECT max(length(body)) AS longest FROM snapshot").get()?.longest,
  );
  database.close();
  const { engine: again } = await open(path);
  const totals = await again.presence.occupied(keyset, 0, start);
  const { entries } = await again.log.read(keyset, channelsOf("big"), 0n, 100, start);
  expect([totals.totalOccupancy, totals.totalChannels, entries.length]).toEqual([6_000, 51, 30]);
  expect(longest).toBeLessThan(1_000_000);
});

test("a stored timetoken that is none is corrupt", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  tamper(path, "UPDATE facts SET value = 'soon' WHERE name = 'timetoken'");
  const error = await open(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EngineError);
  expect(error).toMatchObject({ code: "corrupt", message: 'The last timetoken is stored as "soon".' });
});

test("a failed start leaves the directory free", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  tamper(path, "UPDATE facts SET value = 'soon' WHERE name = 'timetoken'");
  await expect(open(path)).rejects.toThrow();
  tamper(path, "UPDATE facts SET value = '0' WHERE name = 'timetoken'");
  const { engine } = await open(path);
  expect(await occupancyOf(engine, "a")).toBe(1);
});

test("presence goes on when timetokens cannot be reserved, and the operator is told once", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  tamper(path, "CREATE TRIGGER full BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  const { engine, warnings } = await open(path, start + 10_000);
  for (let second = 10; second < 30; second++) {
    await engine.presence.touch(keyset, seatRequest(`u${second}`, "a"), start + second * 1_000);
  }
  expect(await occupancyOf(engine, "a", start + 29_000)).toBe(21);
  expect(warnings).toEqual([
    expect.stringMatching(/^Timetokens are given out without a record on disk: .*disk full/),
  ]);
  await expect(engine.close(start + 30_000)).rejects.toThrow("disk full");
});

test("a close that cannot store says so and lets go of the directory", async () => {
  const path = temporaryDirectory();
  await closeWithSeats(path);
  tamper(path, "CREATE TRIGGER full BEFORE INSERT ON snapshot BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  const { engine } = await open(path);
  await expect(engine.close(start)).rejects.toThrow("disk full");
  tamper(path, "DROP TRIGGER full");
  const { engine: again } = await open(path);
  expect(await again.groups.channels(keyset, groupOf("g"))).toEqual(["a"]);
});

test("a keyset that went and came back does not repeat its counts", async () => {
  const { engine } = await open();
  const listed = { subscribeKey: keyset, publishKey: "pub" as PublishKey, policy: defaultPolicy };
  await engine.keysets.replace([listed]);
  const join = async () => (await engine.presence.touch(keyset, seatRequest("u", "a"), start)).changes[0];
  const first = await join();
  await engine.keysets.replace([]);
  await engine.keysets.replace([listed]);
  const second = await join();
  expect([first?.revision, second?.revision, first?.epoch === second?.epoch]).toEqual([1, 1, false]);
});
