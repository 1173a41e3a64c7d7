import { logEntriesPerChannelMax, logRetentionMs } from "@hereabouts/core";
import type { Channel, SubscribeKey, Timetoken } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { EmbeddedEventLog } from "../src/event-log.ts";
import { TimetokenSource } from "../src/timetoken-source.ts";
import { brief, channelOf, channelsOf, joinOf, keyset, message, start, userOf } from "./helpers.ts";

function openLog(entriesPerKeysetMax = 2_000_000): EmbeddedEventLog {
  const timetokens = new TimetokenSource({ above: 0n, reserve: () => undefined });
  return new EmbeddedEventLog({ timetokens, entriesPerKeysetMax });
}

interface ReadOptions {
  readonly after?: Timetoken;
  readonly limit?: number;
  readonly now?: number;
}

function read(log: EmbeddedEventLog, topics: readonly Channel[], options: ReadOptions = {}): string[] {
  const { after = 0n, limit = 1_000, now = start } = options;
  return log.read(keyset, { topics, after, limit }, now).entries.map(brief);
}

test("an entry on a dotted channel is on the wildcards that match it, and read once", () => {
  const log = openLog();
  log.append(keyset, [message("a.b.c", "m")], start);
  const topics = ["a.b.c", "a.*", "a.b.*", "a", "b.*", "a.b.c-pnpres", "a.*-pnpres"];
  expect(topics.map((topic) => read(log, channelsOf(topic)).length)).toEqual([1, 1, 1, 0, 0, 0, 0]);
  expect(read(log, channelsOf("a.b.c", "a.*", "a.b.*", "a.*"))).toEqual(["m"]);
});

test("a change is on its channel's presence channel and on the presence wildcards", () => {
  const log = openLog();
  log.appendChanges(keyset, [joinOf("a.b", "u")], start);
  const topics = ["a.b-pnpres", "a.*-pnpres", "a.b", "a.*"];
  expect(topics.map((topic) => read(log, channelsOf(topic)).length)).toEqual([1, 1, 0, 0]);
});

test("a change of a wildcard channel itself is there once", () => {
  const log = openLog();
  log.appendChanges(keyset, [joinOf("a.*", "u")], start);
  expect(read(log, channelsOf("a.*-pnpres"))).toEqual(["join u"]);
});

test("a wildcard channel's own entries take one place each", () => {
  const log = openLog();
  for (let count = 0; count < logEntriesPerChannelMax; count++) {
    log.appendChanges(keyset, [joinOf("a.*", `u${count}`)], start);
  }
  expect(read(log, channelsOf("a.*-pnpres")).length).toBe(logEntriesPerChannelMax);
});

test("keysets do not see each other's entries", () => {
  const log = openLog();
  log.append("other" as SubscribeKey, [message("a")], start);
  expect(read(log, channelsOf("a"))).toEqual([]);
});

test("a channel keeps its newest entries, a wildcard those of all its channels", () => {
  const log = openLog();
  for (let count = 1; count <= 150; count++)
    log.append(keyset, [message(`a.${count % 2}`, String(count))], start);
  expect(read(log, channelsOf("a.1")).length).toBe(75);
  const wildcard = read(log, channelsOf("a.*"));
  expect([wildcard.length, wildcard[0], wildcard.at(-1)]).toEqual([logEntriesPerChannelMax, "51", "150"]);
});

test("a read of everything gives a position, one that is cut the last entry's timetoken", () => {
  const log = openLog();
  const timetokens = log.append(
    keyset,
    ["1", "2", "3"].map((text) => message("a", text)),
    start,
  );
  const page = (limit: number) => log.read(keyset, { topics: channelsOf("a"), after: 0n, limit }, start + 5);
  expect(page(2).cursor).toBe(timetokens[1]);
  expect(page(3).cursor).toBe(log.position(start + 5));
});

test("what comes in the same millisecond as a read is above its cursor", () => {
  const log = openLog();
  const { cursor } = log.read(keyset, { topics: channelsOf("a"), after: 0n, limit: 100 }, start);
  const [timetoken = 0n] = log.append(keyset, [message("a")], start);
  expect(timetoken > cursor).toBe(true);
});

test("a cursor from the future reads as the present and misses nothing from then on", () => {
  const log = openLog();
  log.append(keyset, [message("a", "before")], start);
  const future = log.position(start) + 10n ** 12n;
  const page = log.read(keyset, { topics: channelsOf("a"), after: future, limit: 100 }, start);
  expect(page).toEqual({ entries: [], cursor: log.position(start) });
  log.append(keyset, [message("a", "after")], start);
  expect(read(log, channelsOf("a"), { after: page.cursor })).toEqual(["after"]);
});

test("an entry is not shown after its retention, and its channel's memory is freed", () => {
  const log = openLog();
  log.append(keyset, [message("a.b", "old")], start);
  log.append(keyset, [message("a.c", "young")], start + 60_000);
  const now = start + logRetentionMs + 1;
  expect(read(log, channelsOf("a.*"), { now })).toEqual(["young"]);
  log.expire(keyset, now);
  expect([...log.dump()].map(([, entries]) => entries.map(brief))).toEqual([["old", "young"]]);
  log.expire(keyset, now + 60_000);
  expect([...log.dump()].map(([, entries]) => entries.map(brief))).toEqual([[]]);
});

test("a clock that stepped back keeps no topic for ever", () => {
  const log = openLog();
  log.append(keyset, [message("a")], start + 100 * logRetentionMs);
  log.append(keyset, [message("b")], start);
  log.expire(keyset, start + 1);
  log.expire(keyset, start + logRetentionMs + 1);
  expect([...log.dump()].map(([, entries]) => entries)).toEqual([[]]);
});

test("a busy topic keeps no quiet one from being freed", () => {
  const log = openLog();
  log.append(keyset, [message("busy", "first")], start);
  log.append(keyset, [message("quiet", "only")], start + 1);
  const now = start + logRetentionMs + 1;
  log.append(keyset, [message("busy", "last")], now);
  log.expire(keyset, now);
  expect([...log.dump()].map(([, entries]) => entries.map(brief))).toEqual([["first", "last"]]);
});

test("a full keyset drops the channels that were quiet for longest", () => {
  const log = openLog(10);
  for (const name of ["quiet", "a", "b"]) log.append(keyset, [message(name, name)], start);
  for (let count = 0; count < 8; count++) log.append(keyset, [message("a", "more")], start);
  expect(read(log, channelsOf("quiet"))).toEqual([]);
  expect(read(log, channelsOf("a", "b")).length).toBe(10);
});

test("a watcher is woken once per append, after all of it can be read", () => {
  const log = openLog();
  const seen: string[][] = [];
  log.watch(keyset, channelsOf("a", "b"), { wake: () => seen.push(read(log, channelsOf("a", "b"))) });
  log.append(keyset, [message("a", "1"), message("b", "2"), message("c", "3")], start);
  log.append(keyset, [message("c", "4")], start);
  expect(seen).toEqual([["1", "2"]]);
});

test("watching a wildcard wakes for every channel it matches", () => {
  const log = openLog();
  let woken = 0;
  log.watch(keyset, channelsOf("a.*-pnpres"), { wake: () => woken++ });
  log.appendChanges(keyset, [joinOf("a.b", "u")], start);
  log.appendChanges(keyset, [joinOf("a.*", "u")], start);
  log.append(keyset, [message("a.b")], start);
  expect(woken).toBe(2);
});

test("the cursor before joins is just below the oldest of the newest ones", () => {
  const log = openLog();
  log.appendChanges(
    keyset,
    [joinOf("a", "u"), joinOf("a", "v"), joinOf("a", "u", 3), joinOf("b", "u")],
    start,
  );
  const before =
    log.beforeJoins(keyset, userOf("u"), { channels: channelsOf("b", "a", "c"), since: 0 }) ?? 0n;
  expect(read(log, channelsOf("a-pnpres", "b-pnpres"), { after: before })).toEqual(["join u", "join u"]);
  expect(log.beforeJoins(keyset, userOf("w"), { channels: channelsOf("a", "b"), since: 0 })).toBe(undefined);
});

test("entries taken back from an earlier life are read as before", () => {
  const log = openLog();
  for (let count = 0; count < 130; count++) {
    log.append(keyset, [message(`a.${count % 3}`, String(count)), message("b", String(count))], start);
  }
  const restored = openLog();
  for (const [key, entries] of log.dump()) restored.restore(key, entries, start);
  for (const topic of ["a.0", "a.1", "a.2", "a.*", "b"]) {
    expect(read(restored, [channelOf(topic)])).toEqual(read(log, [channelOf(topic)]));
  }
});
