/** Says in one sentence why a node did not start. */
import { lookup } from "node:dns/promises";
import { EngineError } from "@hereabouts/core";
import type { Settings } from "@hereabouts/server";

/** The sentence for what `runServer` threw. */
export async function startProblem(error: unknown, { host, port }: Settings): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof EngineError) return message;
  // Bun has no code of its own for a name that nobody knows.
  const isKnown = await lookup(host).then(
    () => true,
    () => false,
  );
  if (!isKnown) return `the host name ${host} is not known: choose another with --host`;
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "EADDRINUSE":
      return `port ${port} of ${host} is in use: stop what listens there, or choose another with --port`;
    case "EACCES":
      return `this user may not listen on port ${port} of ${host}: choose one above 1023 with --port`;
    case "EADDRNOTAVAIL":
      return `${host} is no address of this machine: choose another with --host`;
    default:
      return `cannot start: ${message}`;
  }
}
