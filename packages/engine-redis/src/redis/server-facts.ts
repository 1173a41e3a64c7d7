/** What a server says of itself: whether it will do, and which life of it this is. */
import type { Master } from "../port.ts";
import type { Connection } from "./connection.ts";
import type { Owner } from "./sources.ts";
import type { RedisTarget } from "./url.ts";

/** The oldest version with sharded channels. Valkey calls itself by the version of Redis it is compatible with. */
const versionMin = 7;

/** Sees to it that a server will do: new enough, and a master where it has to be one. Destroys the connection if not. */
export async function introduce(connection: Connection, kind: RedisTarget["kind"]): Promise<Connection> {
  try {
    const [info, role] = await Promise.all([connection.send(["INFO", "server"]), connection.send(["ROLE"])]);
    const version = fieldOf(info, "redis_version");
    if (Number.parseInt(version, 10) < versionMin) {
      throw new Error(`The server ${connection.address} is Redis ${version}; 7.0 or newer is needed.`);
    }
    // A cluster's replicas say who the masters are. Elsewhere only a master is any good.
    const [roleName] = Array.isArray(role) ? role : [];
    if (kind !== "cluster" && roleName !== "master") {
      throw new Error(`The server ${connection.address} is a replica; seats are written to its master.`);
    }
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** A master as it is now. */
export async function describeMaster(connection: Connection, { address, slots }: Owner): Promise<Master> {
  const [info, time] = await Promise.all([connection.send(["INFO", "server"]), connection.send(["TIME"])]);
  const [seconds, micros] = Array.isArray(time) ? time : [];
  const timeMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  return { address, runId: fieldOf(info, "run_id"), timeMs, slots };
}

/** A line of what INFO answers. */
function fieldOf(info: unknown, name: string): string {
  const line = String(info)
    .split(/\r?\n/)
    .find((text) => text.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? "";
}
