/** The server of the compatibility suite: one per target and file, with a keyset for each world that must be alone. */
import { type Runtime, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { openLoadBalancer, startRedis } from "@hereabouts/testkit/cluster";

/** What clients cannot tell apart: one server on a runtime, or three nodes that share a Redis, each request to any. */
export type CompatTarget = Runtime | "three nodes";

/** Every target, for `describe.each`. */
export const compatTargets: readonly CompatTarget[] = [...runtimes, "three nodes"];

/** A server as the suite's clients are told of it. */
export type CompatServer = Pick<ServerProcess, "origin" | "url"> & AsyncDisposable;

/** A tenant of the suite, as clients name it. */
export interface CompatKeyset {
  readonly subscribeKey: string;
  readonly publishKey: string;
}

const policies = {
  /** The defaults, for everything whose channel names keep it apart. */
  common: {},
  /** Users who do not say how long they stay silent are taken for gone after three seconds. */
  brief: { presenceTimeoutSeconds: 3 },
  /** Only heartbeats renew a seat. */
  explicit: { impliedHeartbeat: false },
  /** Here now cannot be asked for all channels. */
  partial: { globalHereNow: false },
  /** Who closes the connection has left a second later. */
  closing: { leaveOnDisconnect: true, disconnectGraceSeconds: 1 },
  /** Channels of more than one are summed up every second, naming who came and went. */
  large: { announceMax: 1, intervalSeconds: 1, presenceDeltas: true },
  /** Worlds for questions about all channels. */
  pythonWorld: {},
  javascriptWorld: {},
  /** The page's samples use the same few channel names with different people in them. */
  sampleList: {},
  sampleState: {},
  sampleOccupancy: {},
  sampleGroups: {},
  sampleWhereNow: {},
  sampleUserState: {},
} as const;

/** The names of the suite's keysets. */
export type KeysetName = keyof typeof policies;

/** A keyset's keys. They differ from each other, so that one taken for the other is noticed. */
export function keysetOf(name: KeysetName): CompatKeyset {
  return { subscribeKey: `compat-${name}`, publishKey: `compat-${name}-publish` };
}

/** Starts a server that knows the suite's keysets and no others. */
export function startCompatServer(target: CompatTarget): Promise<CompatServer> {
  return target === "three nodes" ? startThreeNodes() : startServer({ runtime: target, env: environment });
}

const environment = {
  HEREABOUTS_KEYSETS: JSON.stringify(
    Object.entries(policies).map(([name, policy]) => ({
      subscribeKey: `compat-${name}`,
      publishKey: `compat-${name}-publish`,
      ...policy,
    })),
  ),
};

/** The runtimes of the nodes: they may be mixed. */
const nodeRuntimes: readonly Runtime[] = ["bun", "node", "bun"];

/** Three nodes on one Redis behind a balancer that sends every request to a random one of them. */
async function startThreeNodes(): Promise<CompatServer> {
  await using parts = new AsyncDisposableStack();
  const redis = parts.use(await startRedis());
  const balancer = parts.use(await openLoadBalancer({ seed: 1 }));
  for (const runtime of nodeRuntimes) {
    const node = await startServer({ runtime, args: ["--engine", redis.url], env: environment });
    balancer.add(parts.use(node).port);
  }
  while (balancer.ready().length < nodeRuntimes.length)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const origin = `127.0.0.1:${balancer.port}`;
  const all = parts.move();
  return {
    origin,
    url: (path) => `http://${origin}${path}`,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Requests by hand, for the people around the client that is tested. */
export interface Crowd {
  /** Seats a user by a heartbeat; it keeps the seat for this many seconds. */
  seat(user: string, channels: readonly string[], seconds: number): Promise<void>;
  /** Seats a user by a subscribe through groups. */
  seatInGroups(user: string, groups: readonly string[], seconds: number): Promise<void>;
  leave(user: string, channels: readonly string[]): Promise<void>;
  setState(user: string, channels: readonly string[], state: object): Promise<void>;
  addToGroup(group: string, channels: readonly string[]): Promise<void>;
}

/** A crowd on a server, within one keyset. */
export function crowdOn(server: CompatServer, keyset: KeysetName): Crowd {
  const key = keysetOf(keyset).subscribeKey;
  const presence = `/v2/presence/sub-key/${key}/channel`;
  const ask = async (path: string): Promise<void> => {
    const reply = await fetch(server.url(path));
    if (!reply.ok) throw new Error(`${path} was answered with ${reply.status}: ${await reply.text()}`);
    await reply.arrayBuffer();
  };
  return {
    seat: (user, channels, seconds) =>
      ask(`${presence}/${list(channels)}/heartbeat?uuid=${encodeURIComponent(user)}&heartbeat=${seconds}`),
    seatInGroups: (user, groups, seconds) =>
      ask(
        `/v2/subscribe/${key}/,/0?channel-group=${list(groups)}&uuid=${encodeURIComponent(user)}&heartbeat=${seconds}&tt=0`,
      ),
    leave: (user, channels) => ask(`${presence}/${list(channels)}/leave?uuid=${encodeURIComponent(user)}`),
    setState: (user, channels, state) =>
      ask(
        `${presence}/${list(channels)}/uuid/${encodeURIComponent(user)}/data?uuid=${encodeURIComponent(user)}&state=${encodeURIComponent(JSON.stringify(state))}`,
      ),
    addToGroup: (group, channels) =>
      ask(
        `/v1/channel-registration/sub-key/${key}/channel-group/${encodeURIComponent(group)}?add=${list(channels)}`,
      ),
  };
}

function list(names: readonly string[]): string {
  return names.map((name) => encodeURIComponent(name)).join(",");
}
