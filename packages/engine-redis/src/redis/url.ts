/** Addresses of Redis as people write them: alone, a cluster, or behind Sentinels; with or without TLS. */

/** A server's host (IPv6 without brackets) and port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What an address means. */
export interface RedisTarget {
  /** `alone`: the one node takes writes. `cluster`: the nodes know the others. `sentinel`: they know the master. */
  readonly kind: "alone" | "cluster" | "sentinel";
  /** At least one. */
  readonly nodes: readonly HostAndPort[];
  readonly isEncrypted: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** 0 in a cluster. */
  readonly database: number;
  /** What Sentinels call the master; empty for the other kinds. */
  readonly masterName: string;
}

/** An address that means nothing; the message says what is wrong. It never holds a password. */
export class RedisUrlError extends Error {
  constructor(problem: string) {
    super(`${problem} Write ${forms}.`);
    this.name = "RedisUrlError";
  }
}

const forms =
  "redis://host:port/database, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master " +
  "(rediss… for TLS; user:password@ before the hosts)";
const shape = /^(rediss?)(?:\+(cluster|sentinel))?:\/\/(?:([^@/]*)@)?([^@/?#]*)(?:\/([^?#]*))?$/;
const redisPort = 6_379;
const sentinelPort = 26_379;
const databaseMax = 16_383;

/** Reads `redis://`, `rediss://`, `redis+cluster://`, `redis+sentinel://` and the like. Throws `RedisUrlError`. */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = shape.exec(url);
  if (parts === null) throw new RedisUrlError("This is no address of a Redis.");
  const [, scheme, deployment, credentials, hosts = "", path = ""] = parts;
  const kind = deployment === "cluster" || deployment === "sentinel" ? deployment : "alone";
  const nodes = hosts
    .split(",")
    .map((text) => parseNode(text, kind === "sentinel" ? sentinelPort : redisPort));
  if (kind === "alone" && nodes.length > 1) {
    throw new RedisUrlError("redis:// takes one host; several are a cluster or Sentinels.");
  }
  return {
    kind,
    nodes,
    isEncrypted: scheme === "rediss",
    ...parseCredentials(credentials),
    ...parsePath(kind, path),
  };
}

function parseNode(text: string, defaultPort: number): HostAndPort {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined) throw new RedisUrlError(`${JSON.stringify(text)} is no host with a port.`);
  const port = parts?.[3] === undefined ? defaultPort : Number(parts[3]);
  if (port < 1 || port > 65_535) throw new RedisUrlError(`The port ${port} is not from 1 to 65535.`);
  return { host, port };
}

function parseCredentials(text: string | undefined): Pick<RedisTarget, "username" | "password"> {
  if (text === undefined || text === "") return { username: undefined, password: undefined };
  const colon = text.indexOf(":");
  if (colon < 0) throw new RedisUrlError("Before the @ stands user:password, or :password alone.");
  try {
    const username = decodeURIComponent(text.slice(0, colon));
    const password = decodeURIComponent(text.slice(colon + 1));
    return { username: username === "" ? undefined : username, password };
  } catch {
    throw new RedisUrlError("The user or the password has a % that is no escape; write %25.");
  }
}

function parsePath(kind: RedisTarget["kind"], path: string): Pick<RedisTarget, "database" | "masterName"> {
  if (kind === "sentinel") {
    const [masterName = "", database = ""] = path.split("/", 2);
    if (masterName === "") throw new RedisUrlError("After the Sentinels stands the name of the master.");
    return { masterName, database: parseDatabase(database) };
  }
  if (kind === "cluster" && path !== "" && path !== "0") {
    throw new RedisUrlError("A cluster has the database 0 only.");
  }
  return { masterName: "", database: parseDatabase(path) };
}

function parseDatabase(text: string): number {
  if (text === "") return 0;
  if (/^\d{1,5}$/.test(text) && Number(text) <= databaseMax) return Number(text);
  throw new RedisUrlError(`The database ${JSON.stringify(text)} is no number from 0 to ${databaseMax}.`);
}
