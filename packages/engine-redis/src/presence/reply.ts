/** Reads the answers of the presence scripts. What is not as they promise is an `EngineError`: another script answered. */
import { EngineError } from "@hereabouts/core";
import type { Reply } from "../port.ts";

/** An answer that is a list. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw unexpected(reply);
}

/** An answer that is a text. */
export function textOf(reply: Reply | undefined): string {
  if (typeof reply === "string") return reply;
  throw unexpected(reply);
}

/** An answer that is a text, or nothing. */
export function optionalTextOf(reply: Reply | undefined): string | undefined {
  return reply === null || reply === undefined ? undefined : textOf(reply);
}

/** An answer that is a number, be it as text. */
export function numberOf(reply: Reply | undefined): number {
  const value = typeof reply === "string" ? Number(reply) : reply;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw unexpected(reply);
}

/** An instant that may be none: then `Infinity`. */
export function boundOf(reply: Reply | undefined): number {
  return reply === null || reply === undefined ? Number.POSITIVE_INFINITY : numberOf(reply);
}

function unexpected(reply: Reply | undefined): EngineError {
  const text = JSON.stringify(reply)?.slice(0, 200);
  return new EngineError("corrupt", `A script answered ${text}.`, { cause: reply });
}
