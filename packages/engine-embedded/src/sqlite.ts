/**
 * The one small port over `bun:sqlite` and `node:sqlite`, and everything this engine does with files. Nothing else in
 * the package knows a database driver, a path or the event loop.
 */
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineError } from "@hereabouts/core";

/** What a column holds here. Timetokens are text: they do not fit a double. */
export type SqlValue = string | number | null;

/** One row of an answer, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. */
export interface Statement {
  /** Runs it for its effect. */
  run(...values: readonly SqlValue[]): void;
  /** Runs it for its rows. */
  all(...values: readonly SqlValue[]): readonly SqlRow[];
}

/** An open database, held by this process alone. Every call is synchronous and throws `EngineError`. */
export interface Sqlite {
  /** Whether it outlasts the process. */
  readonly isDurable: boolean;
  /** Runs SQL text for its effect. */
  exec(sql: string): void;
  /** Prepares a statement, which lives as long as the database. */
  prepare(sql: string): Statement;
  /** Runs a function within one transaction: on disk when this returns, undone when it throws. Does not nest. */
  transaction<Value>(run: () => Value): Value;
  /**
   * Runs a function once the requests that this turn of the event loop brings are under way, so that what they write
   * can share one transaction.
   */
  soon(run: () => void): void;
  /** Lets go of the file. Calling it twice is harmless. */
  close(): void;
}

/** A path that stands for a database which lives and dies with the process. */
const inMemory = ":memory:";

/** The database's name within the data directory. */
const fileName = "hereabouts.db";

/** How long opening waits for a server that is about to close, in milliseconds. */
const busyTimeoutMs = 1_000;

/**
 * Opens the database in a data directory, which is created when missing, or one in memory. The file is locked by the
 * operating system for as long as it is open: a second server is refused, and a killed one leaves no lock behind.
 */
export async function openSqlite(path: string): Promise<Sqlite> {
  const file = path === inMemory ? inMemory : prepareFile(path);
  const driver = await openDriver(file);
  const sqlite = new DriverPort(driver, file);
  try {
    sqlite.exec(`PRAGMA busy_timeout=${busyTimeoutMs}`);
    // Without the shared wal-index the first transaction takes the file for good.
    sqlite.exec("PRAGMA locking_mode=EXCLUSIVE");
    sqlite.exec("PRAGMA journal_mode=WAL");
    sqlite.exec("PRAGMA synchronous=FULL");
    sqlite.exec("PRAGMA foreign_keys=ON");
    sqlite.exec("BEGIN EXCLUSIVE");
    sqlite.exec("COMMIT");
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return sqlite;
}

function prepareFile(directory: string): string {
  const file = join(directory, fileName);
  try {
    makeDirectory(directory);
    createPrivately(file);
  } catch (error) {
    throw new EngineError(
      "unavailable",
      `The data directory ${directory} cannot be used: ${messageOf(error)}.`,
      { cause: error },
    );
  }
  return file;
}

/** Makes a directory and those above it, for its owner only. Not by Node's `recursive`, which never ends on /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const above = dirname(directory);
  if (above !== directory) makeDirectory(above);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have been as quick.
    if (!existsSync(directory)) throw error;
  }
}

/** Only a missing file is opened: closing one that exists would drop locks which this process may hold on it. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** What both drivers have in common, and all that is used of them. */
interface Driver {
  exec(sql: string): unknown;
  prepare(sql: string): DriverStatement;
  close(): void;
}

interface DriverStatement {
  run(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
  /** Only on Bun, where an open statement would keep the file, and so the lock, past the close. */
  finalize?(): void;
}

type DriverClass = new (file: string) => Driver;

async function openDriver(file: string): Promise<Driver> {
  // Named by variables, so that no bundler looks for the module of the other runtime.
  const [module, name] =
    process.versions.bun === undefined ? ["node:sqlite", "DatabaseSync"] : ["bun:sqlite", "Database"];
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(module);
    const found = loaded[name];
    if (typeof found !== "function") throw new Error(`${module} has no ${name}`);
    const driverClass = found as DriverClass;
    return new driverClass(file);
  } catch (error) {
    throw toEngineError(error, file);
  }
}

/** A driver behind the port. */
class DriverPort implements Sqlite {
  readonly isDurable: boolean;
  readonly #driver: Driver;
  readonly #file: string;
  readonly #statements: DriverStatement[] = [];
  #isOpen = true;

  constructor(driver: Driver, file: string) {
    this.isDurable = file !== inMemory;
    this.#driver = driver;
    this.#file = file;
  }

  exec(sql: string): void {
    this.#guard(() => this.#driver.exec(sql));
  }

  prepare(sql: string): Statement {
    const statement = this.#guard(() => this.#driver.prepare(sql));
    this.#statements.push(statement);
    return {
      run: (...values) => {
        this.#guard(() => statement.run(...values));
      },
      all: (...values) => this.#guard(() => statement.all(...values) as SqlRow[]),
    };
  }

  transaction<Value>(run: () => Value): Value {
    this.exec("BEGIN IMMEDIATE");
    try {
      const value = run();
      this.exec("COMMIT");
      return value;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  soon(run: () => void): void {
    // Nothing waits for a disk in memory, so nothing is gained by waiting for company.
    if (this.isDurable) setImmediate(run);
    else queueMicrotask(run);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const statement of this.#statements) statement.finalize?.();
    this.#driver.close();
  }

  #rollBack(): void {
    try {
      this.#driver.exec("ROLLBACK");
    } catch {
      // SQLite rolled back by itself, which it does after some errors; the error that counts is on its way.
    }
  }

  #guard<Value>(run: () => Value): Value {
    try {
      return run();
    } catch (error) {
      throw toEngineError(error, this.#file);
    }
  }
}

/** SQLite's own result codes that deserve a sentence; its documentation lists them all. */
const sentences: ReadonlyMap<number, readonly [EngineError["code"], string]> = new Map([
  [5, ["unavailable", "is in use by another server"]],
  [8, ["unavailable", "cannot be written to"]],
  [10, ["unavailable", "could not be read or written"]],
  [11, ["corrupt", "is damaged"]],
  [13, ["unavailable", "cannot grow: the disk is full"]],
  [14, ["unavailable", "cannot be opened"]],
  [26, ["corrupt", "is not a database"]],
]);

function toEngineError(error: unknown, file: string): EngineError {
  const [code, problem] = sentences.get(resultCode(error)) ?? ["unavailable", "failed"];
  return new EngineError(code, `The database ${file} ${problem}: ${messageOf(error)}.`, { cause: error });
}

/** SQLite's primary result code of an error: Node has it as `errcode`, Bun as `errno`. */
function resultCode(error: unknown): number {
  if (!(error instanceof Error)) return -1;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  if ("errno" in error && typeof error.errno === "number") return error.errno & 0xff;
  return -1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
