/** One connection to each server that is spoken to: opened when asked for, once, and again after a loss, not too often. */
import type { Instant, Scheduler } from "@hereabouts/core";
import type { Connection } from "./connection.ts";

/** What links stand on. */
export interface LinksOptions {
  readonly scheduler: Scheduler;
  /** Opens a connection and sees to it that the server will do. */
  readonly open: (address: string) => Promise<Connection>;
  /** Told of each connection that is lost, unless it was let go of. */
  readonly onLost: (address: string) => void;
}

/** Milliseconds between attempts at a server that does not let us in: doubled from the least to the most. */
const pauseMsMin = 50;
const pauseMsMax = 1_000;

interface Link {
  connection: Connection | undefined;
  opening: Promise<Connection> | undefined;
  pauseMs: number;
  retryAt: Instant;
  lastError: unknown;
}

/** Connections by address. */
export class Links {
  readonly #options: LinksOptions;
  readonly #links = new Map<string, Link>();
  #isClosed = false;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** The connection to a server where there is one at this moment. */
  ready(address: string): Connection | undefined {
    const connection = this.#links.get(address)?.connection;
    return connection?.isReady === true ? connection : undefined;
  }

  /** The connection to a server, opened where there is none. Rejects at once while the last failure is recent. */
  async get(address: string): Promise<Connection> {
    const ready = this.ready(address);
    if (ready !== undefined) return ready;
    if (this.#isClosed) throw new Error("The connections are closed.");
    const link = this.#linkTo(address);
    if (link.opening !== undefined) return link.opening;
    if (this.#options.scheduler.now() < link.retryAt) throw link.lastError;
    link.opening = this.#open(address, link);
    return link.opening;
  }

  /** Lets go of the connection to a server; the next is opened when it is asked for. */
  drop(address: string): void {
    const connection = this.#links.get(address)?.connection;
    connection?.destroy();
  }

  /** Lets go of the connections to all other servers. */
  retain(addresses: ReadonlySet<string>): void {
    for (const [address, link] of this.#links) {
      if (addresses.has(address) || link.opening !== undefined) continue;
      this.#links.delete(address);
      link.connection?.destroy();
    }
  }

  /** Lets go of all, for good. */
  close(): void {
    this.#isClosed = true;
    this.retain(new Set());
  }

  #linkTo(address: string): Link {
    let link = this.#links.get(address);
    if (link === undefined) {
      link = { connection: undefined, opening: undefined, pauseMs: 0, retryAt: 0, lastError: undefined };
      this.#links.set(address, link);
    }
    return link;
  }

  async #open(address: string, link: Link): Promise<Connection> {
    try {
      const connection = await this.#options.open(address);
      link.opening = undefined;
      if (this.#isClosed) {
        connection.destroy();
        throw new Error("The connections are closed.");
      }
      link.connection = connection;
      link.pauseMs = 0;
      connection.onLost(() => this.#lost(address, link, connection));
      return connection;
    } catch (error) {
      link.opening = undefined;
      link.pauseMs = Math.min(pauseMsMax, Math.max(pauseMsMin, 2 * link.pauseMs));
      link.retryAt = this.#options.scheduler.now() + link.pauseMs;
      link.lastError = error;
      throw error;
    }
  }

  #lost(address: string, link: Link, connection: Connection): void {
    if (link.connection === connection) link.connection = undefined;
    if (!this.#isClosed && this.#links.get(address) === link) this.#options.onLost(address);
  }
}
