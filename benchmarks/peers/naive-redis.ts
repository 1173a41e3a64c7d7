/**
 * The presence that is usually written by hand on Redis: a hash per channel from users to when they were last heard of,
 * which expires; joins are seen by what HSET answers and published; here now drops who has been silent for too long.
 * No log, no timeouts told, no limits: what Hereabouts is measured beside, speaking as much of its wire as that takes.
 * node-redis as it comes: commands of one turn of the event loop go out together. Run as `bun naive-redis.ts REDIS-URL`.
 */
import { createClient } from "@redis/client";

const url = process.argv[2];
if (url === undefined) throw new Error("Name the Redis to use.");
const redis = createClient({ url });
const news = redis.duplicate();
for (const client of [redis, news]) {
  client.on("error", (error: unknown) => console.error(error));
  await client.connect();
}

/** Polls that are held, by channel; and for which channels Redis is subscribed to. */
const held = new Map<string, Set<(item: string) => void>>();
const subscribed = new Map<string, Promise<void>>();
const json = { "content-type": "application/json" };

function answer(body: unknown): Response {
  return new Response(JSON.stringify(body), { headers: json });
}

async function heartbeat(
  channels: readonly string[],
  user: string,
  timeoutSeconds: number,
): Promise<Response> {
  await Promise.all(
    channels.map(async (channel) => {
      const key = `presence:{${channel}}`;
      const [added] = await Promise.all([
        redis.hSet(key, user, Date.now().toString()),
        redis.expire(key, timeoutSeconds),
      ]);
      if (added > 0) await tell(channel, { action: "join", uuid: user });
    }),
  );
  return answer({ status: 200, message: "OK", service: "Presence" });
}

async function tell(channel: string, what: unknown): Promise<void> {
  await redis.publish(`events:${channel}`, JSON.stringify({ c: channel, d: what }));
}

async function hereNow(channel: string, timeoutSeconds: number): Promise<Response> {
  const seen = await redis.hGetAll(`presence:{${channel}}`);
  const since = Date.now() - timeoutSeconds * 1_000;
  const uuids = Object.keys(seen).filter((user) => Number(seen[user]) >= since);
  return answer({ status: 200, message: "OK", service: "Presence", uuids, occupancy: uuids.length });
}

async function poll(channels: readonly string[], cursor: string, signal: AbortSignal): Promise<Response> {
  await Promise.all(channels.map(follow));
  if (cursor === "0") return answer({ t: { t: now(), r: 1 }, m: [] });
  const item = await new Promise<string>((resolve) => {
    const done = (text: string): void => {
      for (const channel of channels) held.get(channel)?.delete(done);
      resolve(text);
    };
    for (const channel of channels) held.get(channel)?.add(done);
    signal.addEventListener("abort", () => done(""));
  });
  return new Response(`{"t":{"t":"${now()}","r":1},"m":[${item}]}`, { headers: json });
}

function follow(channel: string): Promise<void> {
  const known = subscribed.get(channel);
  if (known !== undefined) return known;
  const polls = new Set<(item: string) => void>();
  held.set(channel, polls);
  const subscribing = news.subscribe(`events:${channel}`, (item) => {
    for (const done of [...polls]) done(item);
  });
  subscribed.set(channel, subscribing);
  return subscribing;
}

function now(): string {
  return `${Date.now()}0000`;
}

const server: Bun.Server<undefined> = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  development: false,
  idleTimeout: 255,
  async fetch(request, self): Promise<Response> {
    const from = request.url.indexOf("/", 8);
    const mark = request.url.indexOf("?", from);
    const path = request.url.slice(from, mark).split("/");
    const query = new URLSearchParams(request.url.slice(mark + 1));
    const user = query.get("uuid") ?? "";
    const timeoutSeconds = Number(query.get("heartbeat") ?? "300");
    if (path[1] === "v2" && path[2] === "subscribe") {
      self.timeout(request, 0);
      return poll((path[4] ?? "").split(","), query.get("tt") ?? "0", request.signal);
    }
    if (path[1] === "publish") {
      await tell(path[5] ?? "", JSON.parse(decodeURIComponent(path[7] ?? "null")));
      return answer([1, "Sent", now()]);
    }
    const channels = decodeURIComponent(path[6] ?? "").split(",");
    if (path[7] === "heartbeat") return heartbeat(channels, user, timeoutSeconds);
    if (path[1] === "v2" && path[2] === "presence" && path[7] === undefined)
      return hereNow(channels[0] ?? "", timeoutSeconds);
    return new Response("Not found", { status: 404 });
  },
});

console.log(`Listening on http://127.0.0.1:${server.port}`);
process.on("SIGTERM", () => process.exit(0));
