/**
 * One connection, for one life: it is opened once, never reconnects, and tells when it is lost. What comes after a loss
 * is decided above, where it is known which server the work belongs to now. The only file that knows node-redis.
 */
import type { SecureContextOptions } from "node:tls";
import { createClient } from "@redis/client";
import type { RedisTarget } from "./url.ts";

/** What TLS is done with, beside what the platform trusts. */
export interface TlsOptions extends Pick<SecureContextOptions, "ca" | "cert" | "key" | "passphrase"> {
  /** Default true: certificates are checked. */
  readonly rejectUnauthorized?: boolean;
  /** The name the certificate must have. Default: the host's. */
  readonly servername?: string;
}

/** How connections are opened. */
export interface ConnectionOptions
  extends Pick<RedisTarget, "isEncrypted" | "username" | "password" | "database"> {
  readonly tls: TlsOptions;
  /** Milliseconds a server may take to accept. */
  readonly connectWithinMs: number;
  /** A connection that was silent for so many milliseconds, although the server is asked meanwhile, is lost. */
  readonly silenceMs: number;
  /** Commands that wait to be sent or answered. */
  readonly commandsMax: number;
}

type Client = ReturnType<typeof createNodeRedis>;

/** A connection to a server. */
export class Connection {
  readonly address: string;
  readonly #client: Client;
  readonly #onLost: (() => void)[] = [];
  /** Who is told what is said on a sharded channel: one at a time. */
  readonly #listeners = new Map<string, (message: string) => void>();
  readonly #hand = (message: string, channel: string): void => this.#listeners.get(channel)?.(message);
  #isLost = false;

  private constructor(address: string, client: Client) {
    this.address = address;
    this.#client = client;
    // Whatever goes wrong outside of a command leaves the connection in a state that nobody knows. A channel whose slot
    // moved ends the connection too: what else moved with it is found out where subscriptions are mended.
    client.on("error", () => this.destroy());
    client.on("terminated", () => this.destroy());
    client.on("end", () => this.destroy());
    client.on("sharded-channel-moved", () => this.destroy());
  }

  /** Connects, and introduces itself. Rejects with what the client or the server says. */
  static async open(address: string, options: ConnectionOptions): Promise<Connection> {
    const client = createNodeRedis(address, options);
    const connection = new Connection(address, client);
    try {
      await client.connect();
    } catch (error) {
      connection.destroy();
      throw error;
    }
    if (connection.#isLost) throw new Error(`The connection to ${address} was lost at once.`);
    return connection;
  }

  /** Whether commands may be sent. */
  get isReady(): boolean {
    return !this.#isLost && this.#client.isReady;
  }

  /** Sends a command. What one turn of the event loop brings goes out together, in order. */
  send(args: readonly string[]): Promise<unknown> {
    return this.#client.sendCommand([...args]);
  }

  /** Subscribes to a sharded channel. Who was told of it before is not any more. */
  async subscribe(channel: string, onMessage: (message: string) => void): Promise<void> {
    this.#listeners.set(channel, onMessage);
    await this.#client.sSubscribe(channel, this.#hand);
  }

  /** Ends the subscription to a sharded channel. */
  async unsubscribe(channel: string): Promise<void> {
    this.#listeners.delete(channel);
    // Named, so that the client subscribes again, and does not only add a listener, when somebody comes back meanwhile.
    await this.#client.sUnsubscribe(channel, this.#hand);
  }

  /** Calls `listener` once, when the connection is lost or destroyed. */
  onLost(listener: () => void): void {
    if (this.#isLost) listener();
    else this.#onLost.push(listener);
  }

  /** Lets go of it. What is under way is rejected. Harmless when it is lost. */
  destroy(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#client.destroy();
    for (const listener of this.#onLost.splice(0)) listener();
  }
}

function createNodeRedis(address: string, options: ConnectionOptions) {
  const { username, password, database, commandsMax, silenceMs } = options;
  return createClient({
    RESP: 3,
    socket: socketOf(address, options),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    commandsQueueMaxLength: commandsMax,
    pingInterval: Math.ceil(silenceMs / 3),
  });
}

function socketOf(
  address: string,
  { isEncrypted, tls, connectWithinMs, silenceMs }: ConnectionOptions,
): NonNullable<NonNullable<Parameters<typeof createClient>[0]>["socket"]> {
  const colon = address.lastIndexOf(":");
  const place = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  const limits = {
    connectTimeout: connectWithinMs,
    socketTimeout: silenceMs,
    reconnectStrategy: false,
  } as const;
  if (!isEncrypted) return { ...place, ...limits };
  return { ...place, ...limits, tls: true, servername: isName(place.host) ? place.host : "", ...tls };
}

/** Whether a host is a name: certificates are asked for by name, not by number. */
function isName(host: string): boolean {
  return /[^0-9.]/.test(host) && !host.includes(":");
}
