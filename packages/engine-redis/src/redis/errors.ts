/** Turns what the client and the server throw into what engines throw. */
import { EngineError } from "@hereabouts/core";

/** What a server calls its errors, by their first word, where they mean that what is stored is not what it should be. */
const corruptCodes: ReadonlySet<string> = new Set(["WRONGTYPE", "ERR"]);

/** An engine's error for a command that failed. */
export function asEngineError(error: unknown, what: string): EngineError {
  if (error instanceof EngineError) return error;
  const message = messageOf(error);
  // Only a server's answers begin with such a word; the client's own errors are sentences.
  const code = corruptCodes.has(errorCode(error)) ? "corrupt" : "unavailable";
  return new EngineError(code, `${what}: ${message}`, { cause: error });
}

/** A server's error code, such as `MOVED`; empty for other errors. */
export function errorCode(error: unknown): string {
  return /^[A-Z]+(?= )/.exec(messageOf(error))?.[0] ?? "";
}

/** Where an answer `MOVED slot address` or `ASK slot address` points; `undefined` for other errors. */
export function redirection(error: unknown): { readonly slot: number; readonly address: string } | undefined {
  const parts = /^(?:MOVED|ASK) (\d+) (\S+)$/.exec(messageOf(error));
  return parts === null ? undefined : { slot: Number(parts[1]), address: parts[2] ?? "" };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
