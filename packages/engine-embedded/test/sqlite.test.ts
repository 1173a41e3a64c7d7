import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "@hereabouts/core";
import { expect, onTestFinished, test } from "vitest";
import { prepareSchema } from "../src/schema.ts";
import { openSqlite, type Sqlite } from "../src/sqlite.ts";
import { temporaryDirectory } from "./helpers.ts";

async function open(path: string): Promise<Sqlite> {
  const sqlite = await openSqlite(path);
  onTestFinished(() => sqlite.close());
  return sqlite;
}

async function errorOf(run: () => Promise<unknown>): Promise<EngineError> {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof EngineError) return error;
  throw new Error(`expected an EngineError, got ${String(error)}`);
}

test("what a transaction wrote is there after the database is opened again", async () => {
  const path = temporaryDirectory();
  const first = await openSqlite(path);
  first.exec("CREATE TABLE t (a TEXT, b INTEGER)");
  first.transaction(() => first.prepare("INSERT INTO t VALUES (?, ?)").run("x", 7));
  first.close();
  const second = await open(path);
  expect(
    second
      .prepare("SELECT a, b FROM t")
      .all()
      .map((row) => ({ ...row })),
  ).toEqual([{ a: "x", b: 7 }]);
});

test("a transaction that throws leaves nothing behind", async () => {
  const sqlite = await open(":memory:");
  sqlite.exec("CREATE TABLE t (a TEXT)");
  const insert = sqlite.prepare("INSERT INTO t VALUES (?)");
  const failing = () =>
    sqlite.transaction(() => {
      insert.run("x");
      throw new Error("on purpose");
    });
  expect(failing).toThrow("on purpose");
  expect(sqlite.prepare("SELECT a FROM t").all()).toEqual([]);
});

test("every commit reaches the disk before it returns", async () => {
  const sqlite = await open(temporaryDirectory());
  const pragma = (name: string) => Object.values(sqlite.prepare(`PRAGMA ${name}`).all()[0] ?? {})[0];
  expect([pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")]).toEqual(["wal", 2, 1]);
});

test("a missing data directory is made, for its owner alone", async () => {
  const path = join(temporaryDirectory(), "deep", "data");
  await open(path);
  const modes = [path, join(path, "hereabouts.db")].map((file) => statSync(file).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600]);
});

test("a data directory in use is refused, and free again once it is closed", async () => {
  const path = temporaryDirectory();
  const first = await openSqlite(path);
  const refused = await errorOf(() => openSqlite(path));
  expect([refused.code, refused.message]).toEqual([
    "unavailable",
    expect.stringContaining("is in use by another server"),
  ]);
  expect(refused.cause).toBeInstanceOf(Error);
  first.close();
  await open(path);
});

test("a data directory that cannot be made is named", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  const path = join(file, "data");
  const refused = await errorOf(() => openSqlite(path));
  expect([refused.code, refused.message]).toEqual([
    "unavailable",
    expect.stringContaining(`The data directory ${path} cannot be used`),
  ]);
});

test("a data directory that cannot be written to is refused", async () => {
  // Even root cannot make a file below a file.
  const file = join(temporaryDirectory(), "a-file");
  writeFileSync(file, "");
  const refused = await errorOf(() => openSqlite(join(file, "data")));
  expect([refused.code, refused.message]).toEqual([
    "unavailable",
    expect.stringContaining("The data directory"),
  ]);
});

test("a file that is no database is refused as corrupt, and left as it is", async () => {
  const path = temporaryDirectory();
  const file = join(path, "hereabouts.db");
  writeFileSync(file, "not a database ".repeat(500));
  const refused = await errorOf(() => openSqlite(path));
  expect([refused.code, refused.message]).toEqual(["corrupt", expect.stringContaining("is not a database")]);
  expect(statSync(file).size).toBe(7_500);
});

test("a directory in the database's place is refused", async () => {
  const path = temporaryDirectory();
  mkdirSync(join(path, "hereabouts.db"));
  const refused = await errorOf(() => openSqlite(path));
  expect([refused.code, refused.message]).toEqual([
    "unavailable",
    expect.stringContaining("cannot be opened"),
  ]);
});

test("a directory that no one can make is refused, on /proc too", async () => {
  const refused = await errorOf(() => openSqlite("/proc/nope/deeper"));
  expect([refused.code, refused.message]).toEqual([
    "unavailable",
    expect.stringContaining("The data directory /proc/nope/deeper cannot be used"),
  ]);
});

test("a statement that fails says what SQLite said", async () => {
  const sqlite = await open(":memory:");
  expect(() => sqlite.prepare("SELECT * FROM nowhere")).toThrow(EngineError);
  expect(() => sqlite.prepare("SELECT * FROM nowhere")).toThrow("no such table: nowhere");
});

test("closing twice is harmless, and using it afterwards is an engine error", async () => {
  const sqlite = await openSqlite(":memory:");
  sqlite.close();
  sqlite.close();
  expect(() => sqlite.exec("SELECT 1")).toThrow(EngineError);
});

test("a database in memory leaves no file", async () => {
  const sqlite = await open(":memory:");
  sqlite.exec("CREATE TABLE t (a TEXT)");
  expect(existsSync(":memory:")).toBe(false);
});

test("preparing the schema twice changes nothing", async () => {
  const sqlite = await open(":memory:");
  const tables = () => sqlite.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  prepareSchema(sqlite);
  const before = tables();
  prepareSchema(sqlite);
  expect(tables()).toEqual(before);
});

test("a database of a later version is refused in a sentence", async () => {
  const sqlite = await open(":memory:");
  prepareSchema(sqlite);
  sqlite.exec("PRAGMA user_version=999");
  expect(() => prepareSchema(sqlite)).toThrow(
    "The data directory was written by a later version (schema 999; this one knows up to 1).",
  );
});

test("a database of another program is refused", async () => {
  const sqlite = await open(":memory:");
  sqlite.exec("CREATE TABLE recipes (name TEXT)");
  expect(() => prepareSchema(sqlite)).toThrow("The data directory holds a database of another program.");
});
