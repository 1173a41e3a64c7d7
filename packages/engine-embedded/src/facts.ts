/** Single values that outlast the process, each under a name. */
import type { Sqlite } from "./sqlite.ts";

/** Reads and writes single values. A write is on disk when it returns, unless a transaction is under way. */
export interface Facts {
  /** The value of a name, `undefined` when there is none. */
  get(name: string): string | undefined;
  /** Puts a value in the place of the name's last. */
  set(name: string, value: string): void;
}

/** Opens the table of single values. */
export function openFacts(sqlite: Sqlite): Facts {
  const select = sqlite.prepare("SELECT value FROM facts WHERE name = ?");
  const upsert = sqlite.prepare(
    "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  return {
    get(name) {
      const value = select.all(name)[0]?.value;
      return typeof value === "string" ? value : undefined;
    },
    set: (name, value) => upsert.run(name, value),
  };
}
