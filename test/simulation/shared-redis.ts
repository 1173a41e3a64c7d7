/**
 * The Redis engine on a real redis-server, which all nodes of a world share: each has an engine, connections and a user
 * of its own there. The world's weather stands between an engine and its connections, so that faults hit single scripts.
 */
import { createHash } from "node:crypto";
import type { LogEntry } from "@hereabouts/core";
import { openNodeRedisPort, openRedisEngine, type RedisPort, type Script } from "@hereabouts/engine-redis";
import { parseTimetoken } from "@hereabouts/protocol";
import { createSeededRandom } from "@hereabouts/testkit";
import type { RedisProcess } from "@hereabouts/testkit/cluster";
import { decodeEntryText } from "../../packages/engine-redis/src/entry.ts";
import { newsFault, type Plan } from "./plan.ts";
import { createRedisLine } from "./redis-line.ts";
import { createRedisTraffic, type RedisTraffic } from "./redis-traffic.ts";
import type { Attachment, OpenSharedEngine, Place, SharedEngineOptions } from "./shared-engine.ts";

/** Everything a world keeps is under this. */
const prefix = "sim";
/** Partitions without a seat are looked at so rarely. */
const sweepLateMs = 2_000;
/** Longer than clocks are apart. */
const quietMs = 500;
/** As servers do it. */
const outageMs = 5_000;
/** The world decides how long scripts take: connections have all the time a busy machine needs. */
const commandMs = 20_000;

const newsScript = scriptOf(
  "world-news",
  `local news = {}
  for _, log in ipairs(redis.call('KEYS', ARGV[1])) do
    local from = '-'
    for n = 2, #ARGV, 2 do if ARGV[n] == log then from = '(' .. ARGV[n + 1] end end
    for _, found in ipairs(redis.call('XRANGE', log, from, '+')) do
      news[#news + 1] = log
      news[#news + 1] = found[1]
      news[#news + 1] = found[2][2]
    end
  end
  return news`,
);

/** What the plan of a world on Redis has besides: connections for news break in most of those that have faults. */
export function planOnRedis(plan: Plan): Plan {
  const isCalm = plan.faults.size === 0 || createSeededRandom(plan.seed ^ 0x4ed15).below(3) === 0;
  return isCalm ? plan : { ...plan, faults: new Set([...plan.faults, newsFault]) };
}

/** Opens worlds on a redis-server, one after the other: what one leaves is gone when it closes. */
export function openSharedRedis(server: RedisProcess): OpenSharedEngine {
  return async (options) => {
    const { clock, random, warn } = options;
    const control = await openNodeRedisPort(server.url, { commandMs });
    const traffic = createRedisTraffic(control, `${prefix}:{marker}`);
    const partitions = 1 + random.below(6);
    const truthPort = traffic.watched(control);
    const epoch = `w${random.uint32().toString(36)}`;
    const base = { prefix, partitions, outageMs };
    const now = clock.now();
    const truth = await openRedisEngine({ ...base, port: truthPort, now, epoch, scheduler: clock, warn });
    const world: World = { server, traffic, options, base, closing: new Set(), lives: 0 };
    return {
      truth,
      connect: (place) => connect(world, place),
      news: newsOf(control, traffic),
      isBusy: () => traffic.isBusy(),
      sweepLateMs,
      quietMs,
      isExact: false,
      close: async (closedAt) => {
        await truth.close(closedAt);
        await Promise.all([...world.closing].map((close) => close()));
        await control.close();
        await server.command("FLUSHALL");
      },
    };
  };
}

interface World {
  readonly server: RedisProcess;
  readonly traffic: RedisTraffic;
  readonly options: SharedEngineOptions;
  readonly base: { readonly prefix: string; readonly partitions: number; readonly outageMs: number };
  readonly closing: Set<() => Promise<void>>;
  /** How many nodes were started: the user of each is of one life, since that of the one before goes in its own time. */
  lives: number;
}

async function connect(world: World, place: Place): Promise<Attachment> {
  const { server, traffic, options, base, closing } = world;
  world.lives += 1;
  const user = `${place.node}-${world.lives}`;
  const port = await traffic.count(openAs(user, world));
  let killing: Promise<unknown> = Promise.resolve();
  const close = async (): Promise<void> => {
    if (!closing.delete(close)) return;
    traffic.leave(port);
    await port.close();
    // A kill on its way names the user, so the user stays until it has come.
    await traffic.count(killing.then(() => server.command("ACL", "DELUSER", user)));
  };
  closing.add(close);
  const breakNews = (): Promise<void> =>
    traffic.untilGap(port, () => {
      const killed = server.command("CLIENT", "KILL", "USER", user, "TYPE", "pubsub").then(Number);
      killing = killed;
      return killed;
    });
  const { clock } = options;
  const line = createRedisLine({ port, place, clock, count: traffic.count, breakNews, close });
  try {
    await traffic.count(traffic.join(port));
    const engine = await openRedisEngine({
      ...base,
      port: line.port,
      now: place.scheduler.now(),
      epoch: `${user}-${options.random.uint32().toString(36)}`,
      scheduler: place.scheduler,
    });
    const { presence, ticks, log, groups, keysets } = engine;
    const closeAll: typeof engine.close = async (now) => {
      await engine.close(now);
      await close();
    };
    return { engine: { presence, ticks, log, groups, keysets, close: closeAll }, line };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openAs(user: string, { server }: World): Promise<RedisPort> {
  await server.command("ACL", "SETUSER", user, "on", "nopass", "~*", "&*", "+@all");
  return openNodeRedisPort(`redis://${user}:any@${server.address}`, { commandMs });
}

/** Reads the streams themselves: a read by an engine would fence them, and so keep some faults from nodes. */
function newsOf(control: RedisPort, traffic: RedisTraffic): () => Promise<readonly LogEntry[]> {
  const cursors = new Map<string, string>();
  return async () => {
    const args = [`h2:{${prefix}:*}:log`, ...[...cursors].flat()];
    const reply = await traffic.count(control.run(newsScript, [], args));
    const texts = Array.isArray(reply) ? reply.map(String) : [];
    const news: LogEntry[] = [];
    for (let index = 0; index < texts.length; index += 3) {
      const [log = "", id = "", text = ""] = texts.slice(index, index + 3);
      const [ms = "", sequence = ""] = id.split("-");
      const timetoken = parseTimetoken(ms + sequence.padStart(4, "0"));
      if (timetoken === undefined) throw new Error(`A stream has an entry at ${id}.`);
      news.push(decodeEntryText(timetoken, text, { leave: (instant) => instant }));
      cursors.set(log, id);
    }
    return news;
  };
}

function scriptOf(name: string, source: string): Script {
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}
