/** The tables this engine keeps, and how older ones are brought up to date. */
import { EngineError } from "@hereabouts/core";
import type { Sqlite } from "./sqlite.ts";

/** Marks a database as ours: "here" in ASCII. */
const applicationId = 0x68657265;

/** What leads from each version to the next; the first makes the tables. */
const migrations: readonly string[] = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE keysets (
    place INTEGER PRIMARY KEY,
    subscribe_key TEXT NOT NULL UNIQUE,
    publish_key TEXT NOT NULL,
    policy TEXT NOT NULL
  ) STRICT;
  CREATE TABLE group_channels (
    keyset TEXT NOT NULL,
    name TEXT NOT NULL,
    channel TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (keyset, name, channel)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX group_channels_by_place ON group_channels (place);
  CREATE TABLE snapshot (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, keyset TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE snapshot_set_aside (
    place INTEGER PRIMARY KEY, kind TEXT NOT NULL, keyset TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;
  `,
];

/** Makes or updates the tables. Refuses a database of another program or of a later version. */
export function prepareSchema(sqlite: Sqlite): void {
  const version = pragma(sqlite, "user_version");
  const owner = pragma(sqlite, "application_id");
  const isEmpty = sqlite.prepare("SELECT 1 AS found FROM sqlite_schema LIMIT 1").all().length === 0;
  if (!isEmpty && owner !== applicationId) {
    throw new EngineError("corrupt", "The data directory holds a database of another program.", {
      cause: { applicationId: owner },
    });
  }
  if (version > migrations.length) {
    throw new EngineError(
      "unavailable",
      `The data directory was written by a later version (schema ${version}; this one knows up to ${migrations.length}).`,
      { cause: { version } },
    );
  }
  if (version === migrations.length) return;
  sqlite.transaction(() => {
    for (const migration of migrations.slice(version)) sqlite.exec(migration);
    sqlite.exec(`PRAGMA application_id=${applicationId}`);
    sqlite.exec(`PRAGMA user_version=${migrations.length}`);
  });
}

function pragma(sqlite: Sqlite, name: string): number {
  const value = sqlite.prepare(`PRAGMA ${name}`).all()[0]?.[name];
  return typeof value === "number" ? value : 0;
}
