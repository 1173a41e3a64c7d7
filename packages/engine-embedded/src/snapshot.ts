/**
 * Everything live, laid down when the engine closes and taken up when it opens: seats, states, debounces, entries. It
 * is deleted in the transaction that reads it, so that no later kill brings old seats back.
 */
import { EngineError, type Instant, Ledger } from "@hereabouts/core";
import type { SubscribeKey } from "@hereabouts/protocol";
import type { EmbeddedEventLog } from "./event-log.ts";
import { integerOf, textOf } from "./rows.ts";
import { decodeEntry, decodeLedgerRecord, encodeEntry } from "./snapshot-records.ts";
import type { Sqlite, Statement } from "./sqlite.ts";

/** The form of what is stored. Another is set aside. */
const version = 1;

/** About how many characters one row holds: rows are read one at a time. */
const rowCharacters = 64 * 1_024;

/** What lives in memory. */
export interface LiveParts {
  readonly ledgers: Map<SubscribeKey, Ledger>;
  readonly log: EmbeddedEventLog;
}

/** What a row is part of. */
type RowKind = "head" | "ledger" | "log";

/** Stores everything live as of `now`, in place of what was stored. Belongs in a transaction of the caller. */
export function storeSnapshot(sqlite: Sqlite, { ledgers, log }: LiveParts, now: Instant): void {
  sqlite.exec("DELETE FROM snapshot");
  const insert = sqlite.prepare("INSERT INTO snapshot (kind, keyset, body) VALUES (?, ?, ?)");
  let rows = 1;
  const store = (kind: RowKind, keyset: string, records: Iterable<string>): void => {
    for (const body of packed(records)) {
      insert.run(kind, keyset, body);
      rows += 1;
    }
  };
  for (const [keyset, ledger] of ledgers) store("ledger", keyset, textsOf(ledger.dump(), JSON.stringify));
  for (const [keyset, entries] of log.dump()) store("log", keyset, textsOf(entries, encodeEntry));
  insert.run("head" satisfies RowKind, "", JSON.stringify({ version, storedAt: Math.floor(now), rows }));
}

/** What taking a snapshot up needs. */
export interface RestoreOptions {
  /** The wall clock. When it is earlier than at the close, all instants are moved back by as much. */
  readonly now: Instant;
  /** The name of the new life. */
  readonly epoch: string;
  /** Makes the parts to fill: anew for each attempt. */
  readonly createParts: () => LiveParts;
  /** Told why a snapshot was set aside. */
  readonly warn: (message: string) => void;
}

/** Takes up what was stored, and deletes it. What cannot be read is set aside, and the parts are new. */
export function restoreSnapshot(sqlite: Sqlite, options: RestoreOptions): LiveParts {
  try {
    return sqlite.transaction(() => {
      const parts = options.createParts();
      readInto(parts, sqlite, options);
      sqlite.exec("DELETE FROM snapshot");
      return parts;
    });
  } catch (error) {
    if (error instanceof EngineError) throw error;
    setAside(sqlite);
    const reason = error instanceof Error ? error.message : String(error);
    options.warn(`The seats and entries of the last run cannot be read and were set aside: ${reason}.`);
    return options.createParts();
  }
}

function setAside(sqlite: Sqlite): void {
  sqlite.transaction(() => {
    sqlite.exec("DELETE FROM snapshot_set_aside");
    sqlite.exec("INSERT INTO snapshot_set_aside SELECT * FROM snapshot");
    sqlite.exec("DELETE FROM snapshot");
  });
}

interface Head {
  readonly storedAt: Instant;
  readonly rows: number;
}

function readInto(parts: LiveParts, sqlite: Sqlite, { now, epoch }: RestoreOptions): void {
  const cursor = new RowCursor(sqlite);
  if (cursor.row === undefined) return;
  const head = readHead(sqlite);
  const shiftMs = Math.min(0, Math.floor(now) - head.storedAt);
  while (cursor.row.kind !== "head") {
    const { kind, keyset } = cursor.row;
    if (kind === "ledger")
      parts.ledgers.set(keyset, Ledger.restore(ledgerRecords(cursor, keyset), { epoch, shiftMs }));
    else if (kind === "log") restoreRow(parts.log, cursor, now);
    else throw new Error(`a row is of the unknown kind ${kind}`);
    if (cursor.row === undefined) throw new Error("its last row is missing");
  }
  if (cursor.passed + 1 !== head.rows)
    throw new Error(`${head.rows - 1} rows were stored, ${cursor.passed} are there`);
}

function* ledgerRecords(cursor: RowCursor, keyset: SubscribeKey) {
  for (let row = cursor.row; row?.kind === "ledger" && row.keyset === keyset; row = cursor.row) {
    yield* parseList(row.body).map(decodeLedgerRecord);
    cursor.advance();
  }
}

function restoreRow(log: EmbeddedEventLog, cursor: RowCursor, now: Instant): void {
  if (cursor.row === undefined) return;
  log.restore(cursor.row.keyset, parseList(cursor.row.body).map(decodeEntry), now);
  cursor.advance();
}

/** It comes last, when the number of rows is known, and is read first. */
function readHead(sqlite: Sqlite): Head {
  const [row] = sqlite.prepare("SELECT body FROM snapshot WHERE kind = 'head'").all();
  const head: unknown = row === undefined ? undefined : JSON.parse(textOf(row, "body"));
  if (typeof head !== "object" || head === null) throw new Error("it has no head");
  const { version: found, storedAt, rows } = head as Readonly<Record<string, unknown>>;
  if (found !== version) throw new Error(`it is of version ${String(found)}, not ${version}`);
  if (typeof storedAt !== "number" || typeof rows !== "number") throw new Error("its head is incomplete");
  return { storedAt, rows };
}

interface SnapshotRow {
  readonly kind: string;
  readonly keyset: SubscribeKey;
  readonly body: string;
}

/** Goes through the rows one by one, so that never more than one is in memory as text. */
class RowCursor {
  readonly #next: Statement;
  #place = 0;
  /** Rows that lie behind. */
  passed = 0;
  /** The row it stands on; `undefined` past the last. */
  row: SnapshotRow | undefined;

  constructor(sqlite: Sqlite) {
    this.#next = sqlite.prepare(
      "SELECT place, kind, keyset, body FROM snapshot WHERE place > ? ORDER BY place LIMIT 1",
    );
    this.row = this.#read();
  }

  advance(): void {
    this.passed += 1;
    this.row = this.#read();
  }

  #read(): SnapshotRow | undefined {
    const [row] = this.#next.all(this.#place);
    if (row === undefined) return undefined;
    this.#place = integerOf(row, "place");
    return {
      kind: textOf(row, "kind"),
      keyset: textOf(row, "keyset") as SubscribeKey,
      body: textOf(row, "body"),
    };
  }
}

function parseList(body: string): readonly unknown[] {
  const list: unknown = JSON.parse(body);
  if (Array.isArray(list)) return list;
  throw new Error("a row is not a list");
}

function* textsOf<Item>(items: Iterable<Item>, encode: (item: Item) => string): Iterable<string> {
  for (const item of items) yield encode(item);
}

/** JSON texts as the texts of JSON lists, none much longer than a row should be. */
function* packed(texts: Iterable<string>): Iterable<string> {
  let part: string[] = [];
  let characters = 0;
  for (const text of texts) {
    part.push(text);
    characters += text.length;
    if (characters < rowCharacters) continue;
    yield `[${part.join(",")}]`;
    part = [];
    characters = 0;
  }
  if (part.length > 0) yield `[${part.join(",")}]`;
}
