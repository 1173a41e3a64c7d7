import { defaultPolicy, type EngineError, type Keyset } from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import { expect, onTestFinished, test } from "vitest";
import { Gate } from "../src/gate.ts";
import { EmbeddedKeysetStore } from "../src/keysets.ts";
import { prepareSchema } from "../src/schema.ts";
import { openSqlite, type Sqlite } from "../src/sqlite.ts";
import { temporaryDirectory } from "./helpers.ts";

async function openDatabase(path = ":memory:"): Promise<Sqlite> {
  const sqlite = await openSqlite(path);
  onTestFinished(() => sqlite.close());
  prepareSchema(sqlite);
  return sqlite;
}

function openStore(
  sqlite: Sqlite,
  onReplaced: (inForce: ReadonlySet<SubscribeKey>) => void = () => undefined,
): EmbeddedKeysetStore {
  return new EmbeddedKeysetStore({ sqlite, gate: new Gate(), onReplaced });
}

function keysetNamed(name: string, policy = defaultPolicy): Keyset {
  return { subscribeKey: `sub-${name}` as SubscribeKey, publishKey: `pub-${name}` as PublishKey, policy };
}

test("a new store has no keysets", async () => {
  const store = openStore(await openDatabase());
  expect(await store.list()).toEqual([]);
});

test("replaced keysets are there at once and after a restart, in their order", async () => {
  const path = temporaryDirectory();
  const keysets = [
    keysetNamed("z"),
    keysetNamed("a", { ...defaultPolicy, debounceSeconds: 0.5, globalHereNow: false }),
  ];
  const sqlite = await openDatabase(path);
  const store = openStore(sqlite);
  await store.replace([keysetNamed("old")]);
  await store.replace(keysets);
  expect(await store.list()).toEqual(keysets);
  sqlite.close();
  expect(await openStore(await openDatabase(path)).list()).toEqual(keysets);
});

test("a watcher is woken once the keysets are replaced", async () => {
  const store = openStore(await openDatabase());
  const seen: Promise<readonly Keyset[]>[] = [];
  const cancel = store.watch(() => seen.push(store.list()));
  await store.replace([keysetNamed("a")]);
  cancel();
  await store.replace([]);
  expect(await Promise.all(seen)).toEqual([[keysetNamed("a")]]);
});

test("keysets that cannot all be stored leave those there were", async () => {
  const store = openStore(await openDatabase());
  await store.replace([keysetNamed("a")]);
  await expect(store.replace([keysetNamed("b"), keysetNamed("b")])).rejects.toThrow(
    "UNIQUE constraint failed",
  );
  expect(await store.list()).toEqual([keysetNamed("a")]);
});

test("a setting that is younger than the stored policy has its default", async () => {
  const sqlite = await openDatabase();
  sqlite.exec(`INSERT INTO keysets VALUES (1, 's', 'p', '{"presenceTimeoutSeconds":60}')`);
  const [keyset] = await openStore(sqlite).list();
  expect(keyset?.policy).toEqual({ ...defaultPolicy, presenceTimeoutSeconds: 60 });
});

test.each([
  ["not JSON", '{"presence', "its policy is not JSON."],
  ["no object", "[]", "its policy is not an object."],
  ["a text for a number", '{"debounceSeconds":"2"}', 'debounceSeconds is "2", not a number.'],
  ["a number for a switch", '{"globalHereNow":1}', "globalHereNow is 1, neither true nor false."],
  ["a value out of range", '{"channelsPerGroupMax":0}', "channelsPerGroupMax is 0; it must be"],
])("a stored policy that is %s is corrupt, and its keyset is named", async (_, policy, problem) => {
  const sqlite = await openDatabase();
  sqlite.prepare("INSERT INTO keysets VALUES (1, 'my-key', 'p', ?)").run(policy);
  const attempt = (): EmbeddedKeysetStore => openStore(sqlite);
  expect(attempt).toThrow(`The stored keyset "my-key" cannot be read: ${problem}`);
  expect(attempt).toThrow(expect.objectContaining({ code: "corrupt" } satisfies Partial<EngineError>));
});

test("a replacement says which keysets are in force, and one that fails says nothing", async () => {
  const told: SubscribeKey[][] = [];
  const store = openStore(await openDatabase(), (inForce) => told.push([...inForce]));
  await store.replace([keysetNamed("a"), keysetNamed("b")]);
  await expect(store.replace([keysetNamed("c"), keysetNamed("c")])).rejects.toThrow();
  await store.replace([]);
  expect(told).toEqual([["sub-a", "sub-b"], []]);
});
