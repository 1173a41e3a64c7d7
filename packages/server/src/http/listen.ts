/** Listens on the HTTP server of whichever runtime this is. */
import type { Handler } from "@hereabouts/protocol/wire";
import type { StreamDoor } from "../service/stream/streams.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A listening HTTP server. */
export interface Listener {
  /** The port it has. */
  readonly port: number;
  /** Takes no new connections; resolves when every answer under way is out, or cut off after a short patience. */
  stop(): Promise<void>;
}

/** The runtime's name and version, such as `Bun 1.4.5`. */
export function runtimeName(): string {
  const bun = process.versions.bun;
  return bun === undefined ? `Node ${process.versions.node}` : `Bun ${bun}`;
}

/**
 * Starts to listen. Rejects with the system's error when the port cannot be had. Without a door for them, streams are
 * requests like any other.
 */
export async function listen(
  handler: Handler,
  options: ListenOptions,
  streams?: StreamDoor,
): Promise<Listener> {
  if (process.versions.bun !== undefined) {
    const { listenOnBun } = await import("./bun.ts");
    return listenOnBun(handler, options, streams);
  }
  const { listenOnNode } = await import("./node.ts");
  return listenOnNode(handler, options, streams);
}
