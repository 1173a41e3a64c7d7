/** Reads what the scripts of the stores answer. */
import { EngineError } from "@hereabouts/core";
import type { Reply } from "../port.ts";

/** The text at a place of an answer. */
export function textAt(reply: Reply, index: number): string {
  const value = typeof reply === "object" && reply !== null ? reply[index] : undefined;
  if (typeof value === "string") return value;
  throw unreadable(reply);
}

/** The number at a place of an answer. */
export function numberAt(reply: Reply, index: number): number {
  const value = typeof reply === "object" && reply !== null ? reply[index] : undefined;
  if (typeof value === "number") return value;
  throw unreadable(reply);
}

/** An answer that is a list of texts. */
export function textsOf(reply: Reply | undefined): readonly string[] {
  if (typeof reply !== "object" || reply === null) throw unreadable(reply);
  return reply.map((value) => {
    if (typeof value === "string") return value;
    throw unreadable(reply);
  });
}

function unreadable(reply: Reply | undefined): EngineError {
  const text = JSON.stringify(reply)?.slice(0, 200);
  return new EngineError("corrupt", `A script of the stores answered ${text}.`, { cause: reply });
}
