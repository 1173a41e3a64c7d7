/**
 * A TCP proxy whose wire can be cut, fall silent and become slow, to stand between a node and its Redis. What goes
 * through it is never looked at.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

/** A proxy at work. */
export interface TcpProxy extends AsyncDisposable {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** How many connections go through it now. */
  connections(): number;
  /** Resets every connection, and every one that is made from now on. */
  cut(): void;
  /** Carries nothing from now on, and tells nobody: bytes are kept, new connections are taken and not passed on. */
  silence(): void;
  /** Carries everything this much later, in milliseconds; 0 for at once. */
  delay(ms: number): void;
  /** Carries again, what was kept first. A delay stays. */
  restore(): void;
}

type Condition = "open" | "cut" | "silent";

interface Link {
  readonly near: Socket;
  far: Socket | undefined;
  /** Takes up carrying again, after a silence. */
  resume(): void;
}

interface Wire {
  condition: Condition;
  delayMs: number;
  readonly links: Set<Link>;
}

/** Opens a proxy to a port on 127.0.0.1. `port` is its own; default a free one. */
export async function openTcpProxy(options: {
  readonly to: number;
  readonly port?: number;
}): Promise<TcpProxy> {
  const wire: Wire = { condition: "open", delayMs: 0, links: new Set() };
  const server = createServer((near) => accept(wire, near, options.to));
  const port = await listen(server, options.port ?? 0);
  return {
    port,
    connections: () => wire.links.size,
    cut: () => {
      wire.condition = "cut";
      for (const link of wire.links) reset(link);
    },
    silence: () => {
      wire.condition = "silent";
      for (const { near, far } of wire.links) {
        near.pause();
        far?.pause();
      }
    },
    delay: (ms) => {
      wire.delayMs = ms;
    },
    restore: () => {
      wire.condition = "open";
      for (const link of wire.links) link.resume();
    },
    async [Symbol.asyncDispose]() {
      for (const link of wire.links) reset(link);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function accept(wire: Wire, near: Socket, to: number): void {
  if (wire.condition === "cut") {
    resetOne(near);
    return;
  }
  near.setNoDelay(true);
  near.pause();
  const link: Link = {
    near,
    far: undefined,
    resume: () => {
      if (link.far === undefined) {
        link.far = join(wire, link, to);
        return;
      }
      near.resume();
      link.far.resume();
    },
  };
  wire.links.add(link);
  const gone = (): void => end(wire, link);
  near.on("error", gone).on("close", gone);
  if (wire.condition === "open") link.resume();
}

/** Connects to the far side; what the near side has sent meanwhile waits in its socket. */
function join(wire: Wire, link: Link, to: number): Socket {
  const far = connect({ host: "127.0.0.1", port: to, noDelay: true });
  const gone = (): void => end(wire, link);
  far.on("error", gone).on("close", gone);
  far.on("connect", () => {
    if (wire.condition === "open") link.near.resume();
  });
  carry(wire, link.near, far);
  carry(wire, far, link.near);
  return far;
}

function carry(wire: Wire, from: Socket, to: Socket): void {
  from.on("data", (bytes: Buffer) => {
    if (wire.delayMs === 0) to.write(bytes);
    else setTimeout(() => to.write(bytes), wire.delayMs);
    // Reading begins of itself where a listener for data is added to a socket that was never paused.
    if (wire.condition === "silent") from.pause();
  });
}

function end(wire: Wire, link: Link): void {
  wire.links.delete(link);
  link.near.destroy();
  link.far?.destroy();
}

function reset({ near, far }: Link): void {
  resetOne(near);
  if (far !== undefined) resetOne(far);
}

/** One that is ending is only closed: Node never closes it after a reset, and its process then spins instead of ending. */
function resetOne(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("A TCP server has a port."));
      else resolve(address.port);
    });
  });
}
