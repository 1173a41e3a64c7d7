import { EngineError } from "@hereabouts/core";
import type { SubscribeKey } from "@hereabouts/protocol";
import { expect, onTestFinished, test } from "vitest";
import { Gate } from "../src/gate.ts";
import { EmbeddedGroupStore } from "../src/groups.ts";
import { prepareSchema } from "../src/schema.ts";
import { openSqlite, type Sqlite } from "../src/sqlite.ts";
import { channelsOf, groupOf, keyset, temporaryDirectory } from "./helpers.ts";

async function openStore(path = ":memory:", groupsMax = 100) {
  const sqlite = await openSqlite(path);
  onTestFinished(() => sqlite.close());
  prepareSchema(sqlite);
  return { sqlite, store: new EmbeddedGroupStore({ sqlite, gate: new Gate(), groupsMax }) };
}

const g = groupOf("g");
const none = channelsOf();

function add(store: EmbeddedGroupStore, group: string, ...names: string[]): Promise<boolean> {
  return store.change(keyset, groupOf(group), { add: channelsOf(...names), remove: none }, 5);
}

test("groups and the order of their channels outlast a restart", async () => {
  const path = temporaryDirectory();
  const { sqlite, store } = await openStore(path);
  await add(store, "g", "c", "a");
  await add(store, "g", "b", "a");
  await add(store, "f", "x");
  sqlite.close();
  const { store: reopened } = await openStore(path);
  expect(await reopened.groups(keyset)).toEqual(["f", "g"]);
  expect(await reopened.channels(keyset, g)).toEqual(["c", "a", "b"]);
  await add(reopened, "g", "aa");
  expect(await reopened.channels(keyset, g)).toEqual(["c", "a", "b", "aa"]);
});

test("a change that would make a group too large changes nothing, on disk neither", async () => {
  const path = temporaryDirectory();
  const { sqlite, store } = await openStore(path);
  await add(store, "g", "1", "2", "3", "4");
  const fits = await store.change(keyset, g, { add: channelsOf("5", "6"), remove: none }, 5);
  expect([fits, await store.channels(keyset, g)]).toEqual([false, ["1", "2", "3", "4"]]);
  sqlite.close();
  const { store: reopened } = await openStore(path);
  expect(await reopened.channels(keyset, g)).toEqual(["1", "2", "3", "4"]);
});

test("a keyset takes no more groups than it may, and one again when one is gone", async () => {
  const { store } = await openStore(":memory:", 2);
  const results = [await add(store, "1", "a"), await add(store, "2", "a"), await add(store, "3", "a")];
  await store.drop(keyset, groupOf("1"));
  results.push(await add(store, "3", "a"));
  expect([results, await store.groups(keyset)]).toEqual([
    [true, true, false, true],
    ["2", "3"],
  ]);
});

test("another keyset's groups do not count", async () => {
  const { store } = await openStore(":memory:", 1);
  await store.change("other" as SubscribeKey, g, { add: channelsOf("a"), remove: none }, 5);
  expect(await add(store, "g", "a")).toBe(true);
});

test("what one turn of the event loop brings shares a transaction", async () => {
  const { sqlite, store } = await openStore(temporaryDirectory());
  const commits = countCommits(sqlite);
  await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => add(store, `g${index % 90}`, `c${index % 5}`)),
  );
  expect(commits.count).toBe(1);
});

test("a large burst is written in several transactions, all of it", async () => {
  const { sqlite, store } = await openStore(temporaryDirectory());
  const commits = countCommits(sqlite);
  const channels = channelsOf(...Array.from({ length: 400 }, (_, index) => `c${index}`));
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      store.change(keyset, groupOf(`g${index}`), { add: channels, remove: none }, 400),
    ),
  );
  expect([results.every(Boolean), commits.count]).toEqual([true, 3]);
  expect((await store.channels(keyset, groupOf("g29"))).length).toBe(400);
});

test("changes of one turn see each other in the order they were asked for", async () => {
  const { store } = await openStore();
  const results = await Promise.all([
    add(store, "g", "1", "2", "3"),
    store.change(keyset, g, { add: channelsOf("4"), remove: channelsOf("1") }, 3),
    add(store, "g", "5", "6", "7"),
    store.drop(keyset, groupOf("g")),
    add(store, "g", "8"),
  ]);
  expect([results, await store.channels(keyset, g)]).toEqual([[true, true, false, undefined, true], ["8"]]);
});

test("a change that cannot be written is refused, and reads show what there was", async () => {
  const { sqlite, store } = await openStore();
  await add(store, "g", "b", "a");
  let woken = 0;
  store.watch(keyset, [g, groupOf("new")], () => woken++);
  sqlite.exec(
    "CREATE TRIGGER full BEFORE INSERT ON group_channels BEGIN SELECT RAISE(ABORT, 'disk full'); END",
  );
  const attempts = await Promise.allSettled([
    store.change(keyset, g, { add: none, remove: channelsOf("b") }, 5),
    add(store, "new", "x"),
  ]);
  expect(
    attempts.map((attempt) => attempt.status === "rejected" && attempt.reason instanceof EngineError),
  ).toEqual([true, true]);
  expect([await store.channels(keyset, g), await store.groups(keyset), woken]).toEqual([
    ["b", "a"],
    ["g"],
    0,
  ]);
  sqlite.exec("DROP TRIGGER full");
  await add(store, "g", "c");
  expect(await store.channels(keyset, g)).toEqual(["b", "a", "c"]);
});

test("a watcher is woken by real changes of its groups only", async () => {
  const { store } = await openStore();
  const woken: string[] = [];
  store.watch(keyset, [g], () => woken.push("g"));
  await add(store, "other", "a");
  await add(store, "g", "a");
  await add(store, "g", "a");
  await store.change(keyset, g, { add: none, remove: channelsOf("nope") }, 5);
  expect(woken).toEqual(["g"]);
  await store.drop(keyset, g);
  expect(woken).toEqual(["g", "g"]);
});

test("flushing writes at once what is waiting", async () => {
  const { store } = await openStore(temporaryDirectory());
  const pending = add(store, "g", "a");
  store.flush();
  expect([await store.channels(keyset, g), await pending]).toEqual([["a"], true]);
});

function countCommits(sqlite: Sqlite): { count: number } {
  const commits = { count: 0 };
  const transaction = sqlite.transaction.bind(sqlite);
  sqlite.transaction = (run) => {
    commits.count += 1;
    return transaction(run);
  };
  return commits;
}
