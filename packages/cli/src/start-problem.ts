/** Says in one sentence why a node did not start. */
import { EngineError } from "@hereabouts/core";
import type { Settings } from "@hereabouts/server";

/** The sentence for what `runServer` threw. */
export function startProblem(error: unknown, { host, port, data }: Settings): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof EngineError) return `${message} (--data is ${data})`;
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "EADDRINUSE":
      return `port ${port} of ${host} is in use: stop what listens there, or choose another with --port`;
    case "EACCES":
      return `this user may not listen on port ${port} of ${host}: choose one above 1023 with --port`;
    case "EADDRNOTAVAIL":
      return `${host} is no address of this machine: choose another with --host`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host name ${host} is not known: choose another with --host`;
    default:
      return `cannot start: ${message}`;
  }
}
