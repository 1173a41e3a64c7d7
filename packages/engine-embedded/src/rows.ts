/** Reads columns with a check: what is on disk may have been written by anyone. */
import { EngineError } from "@hereabouts/core";
import type { SqlRow } from "./sqlite.ts";

/** A column that must hold a text. */
export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw new EngineError("corrupt", `A row's ${column} should be a text and is ${String(value)}.`, {
    cause: row,
  });
}

/** A column that must hold an integer. */
export function integerOf(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new EngineError("corrupt", `A row's ${column} should be an integer and is ${String(value)}.`, {
    cause: row,
  });
}
