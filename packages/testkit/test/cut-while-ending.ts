/**
 * A program that cuts proxies at the moments at which a connection is ending, and then has nothing left to do. Started by
 * `tcp-proxy.test.ts`, which sees whether it ends.
 */
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { openTcpProxy } from "../src/cluster/tcp-proxy.ts";

const ticksMax = 4;

/** What to do when a connection to a port has been ended by its client. */
const onEnd = new Map<number, () => void>();
subscribe("net.server.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  const run = onEnd.get(socket.localPort ?? 0);
  if (run !== undefined) socket.on("end", run);
});

const server = createServer((socket) => socket.on("error", () => {}).resume());
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port: to } = server.address() as { readonly port: number };
for (let ticks = 0; ticks < ticksMax; ticks += 1) await cutAfter(ticks);
server.close();
console.log("cut");

async function cutAfter(ticks: number): Promise<void> {
  const proxy = await openTcpProxy({ to });
  const later = (left: number): void => {
    if (left === 0) proxy.cut();
    else process.nextTick(later, left - 1);
  };
  onEnd.set(proxy.port, () => later(ticks));
  const client = connect(proxy.port, "127.0.0.1").on("error", () => {});
  const closed = new Promise((resolve) => client.on("close", resolve));
  client.end("hello");
  await closed;
  await proxy[Symbol.asyncDispose]();
}
