/** Upgraded connections through the balancer: bytes in both directions for as long as both sides last. */
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** How an upgrade is passed on. */
export interface UpgradeParts {
  readonly request: IncomingMessage;
  readonly near: Duplex;
  /** What had come after the request. */
  readonly head: Buffer;
  /** The port of a node that has not been tried; `undefined` when there is none left. */
  next(): number | undefined;
  /** Told that the request cannot be passed on: nobody is ready, or a node broke off before it said a word. */
  onFailure(why: "nobody" | "broken off"): void;
}

/** Passes an upgrade on to a node. One that nobody took is given to another. */
export function passUpgrade(parts: UpgradeParts, hasTried: "nobody" | "broken off" = "nobody"): void {
  const port = parts.next();
  if (port === undefined) {
    parts.onFailure(hasTried);
    return;
  }
  const { near } = parts;
  const far = connect({ host: "127.0.0.1", port, noDelay: true });
  let hasAnswered = false;
  const drop = (): void => {
    far.destroy();
  };
  near.once("close", drop);
  far.once("connect", () => carry(parts, far));
  far.once("data", () => {
    hasAnswered = true;
  });
  far.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "ECONNREFUSED" || near.destroyed) return;
    near.off("close", drop);
    hasAnswered = true;
    passUpgrade(parts, "broken off");
  });
  far.on("close", () => {
    if (hasAnswered) {
      if (far.bytesRead > 0) near.destroy();
    } else if (!near.destroyed) parts.onFailure("broken off");
  });
}

function carry({ request, near, head }: UpgradeParts, far: Socket): void {
  far.write(`${requestText(request)}\r\n\r\n`);
  if (head.length > 0) far.write(head);
  near.pipe(far);
  // Ended by the node, it has been written out before it is closed.
  far.pipe(near);
}

function requestText({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return lines.join("\r\n");
}
