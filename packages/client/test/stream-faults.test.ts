/** Streams over sockets where something is in their way: proxies, servers that have none, and servers that die. */
import { createServer, request as forward, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { type Client, type ClientOptions, createClient, type StatusEvent } from "../src/index.ts";

const cleanups: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const client = (origin: string, userId: string, options: Partial<ClientOptions> = {}): Client => {
  const made = createClient({ origin, subscribeKey: "demo", publishKey: "demo", userId, ...options });
  cleanups.push(() => made.close());
  return made;
};

const start = async (options: Parameters<typeof startServer>[0]): Promise<ServerProcess> => {
  const server = await startServer(options);
  cleanups.push(() => server[Symbol.asyncDispose]());
  return server;
};

/** A proxy that passes requests on and lets no upgrade through; answers are changed on their way. */
async function openProxy(
  to: number,
  change: (body: string) => string,
): Promise<{ readonly origin: string; readonly upgrades: string[] }> {
  const upgrades: string[] = [];
  const proxy: Server = createServer((asked, answer) => {
    const passed = forward(
      { port: to, host: "127.0.0.1", path: asked.url, method: asked.method, headers: { host: "here" } },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.on("end", () => {
          answer.writeHead(reply.statusCode ?? 502, { "Access-Control-Allow-Origin": "*" });
          answer.end(change(Buffer.concat(chunks).toString()));
        });
      },
    );
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  proxy.on("upgrade", ({ url = "" }, socket) => {
    upgrades.push(url);
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  cleanups.push(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, upgrades };
}

/** Waits until something holds; as long as the test may take. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

interface Heard {
  readonly messages: unknown[];
  readonly statuses: string[];
}

function listen(from: Client, channel: string): Heard {
  const heard: Heard = { messages: [], statuses: [] };
  const subscription = from.subscribe({ channels: channel });
  subscription.onMessage(({ message }) => heard.messages.push(message));
  subscription.onStatus(({ type }: StatusEvent) => heard.statuses.push(type));
  return heard;
}

describe.each(runtimes)("a server on %s", (runtime) => {
  test("behind a proxy that lets no upgrades through is polled", async () => {
    const server = await start({ runtime });
    const proxy = await openProxy(server.port, (body) => body);
    const heard = listen(client(proxy.origin, "alice"), "lobby");
    await until(() => proxy.upgrades.length === 1);
    const bob = client(server.url(""), "bob");
    for (const message of [1, 2, 3]) await bob.publish({ channel: "lobby", message });
    await until(() => heard.messages.length === 3);
    expect([heard.messages, heard.statuses, proxy.upgrades.length]).toEqual([
      [1, 2, 3],
      ["connecting", "connected"],
      1,
    ]);
  }, 30_000);

  test("that says nothing of streams is polled, and not asked for one", async () => {
    const server = await start({ runtime });
    const proxy = await openProxy(server.port, (body) => body.replace(',"stream":1', ""));
    const heard = listen(client(proxy.origin, "alice"), "lobby");
    await until(() => heard.statuses.includes("connected"));
    await client(server.url(""), "bob").publish({ channel: "lobby", message: 1 });
    await until(() => heard.messages.length === 1);
    expect(proxy.upgrades).toEqual([]);
  }, 30_000);

  test("that is killed with its streams and comes back has everybody again", async () => {
    const server = await start({ runtime });
    const retry = { baseMs: 50, maxMs: 200 };
    const alice = client(server.url(""), "alice", { retry });
    const heard = listen(alice, "lobby");
    listen(client(server.url(""), "bob", { retry }), "lobby");
    const roster = alice.roster("lobby");
    await until(() => roster.snapshot.complete && roster.snapshot.occupants.size === 2);
    process.kill(server.pid, "SIGKILL");
    await server.exited;
    await until(() => heard.statuses.includes("reconnecting"));
    const again = await start({ runtime, port: server.port });
    await until(() => heard.statuses.at(-1) === "connected");
    await until(() => roster.snapshot.complete && roster.snapshot.occupants.size === 2);
    await client(again.url(""), "carol").publish({ channel: "lobby", message: "back" });
    await until(() => heard.messages.includes("back"));
    expect(heard.messages).toEqual(["back"]);
  }, 60_000);
});
