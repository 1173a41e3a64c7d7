/**
 * Node's HTTP server with the settings of our adapter and nothing behind it: what a request costs before Hereabouts
 * does anything. Run as `node bare/node.ts ORDERS.json`.
 */
import { createServer, type ServerOptions, type ServerResponse } from "node:http";
import { type BareAnswer, readOrders } from "./answers.ts";

const { answer, hold } = readOrders();
const headers = headersOf(answer);
const releasedHeaders = hold === undefined ? {} : headersOf(hold.released);
const held = new Set<ServerResponse>();

const settings: ServerOptions = {
  maxHeaderSize: 65_536,
  keepAliveTimeout: 330_000,
  headersTimeout: 60_000,
  requestTimeout: 120_000,
  noDelay: true,
};
const server = createServer(settings, (request, response) => {
  const target = request.url ?? "";
  if (hold !== undefined && target.includes(hold.marker)) return park(response);
  if (hold !== undefined && target.endsWith("/release")) release();
  response.writeHead(answer.status, headers);
  response.end(answer.body);
});

function headersOf(of: BareAnswer): Record<string, string> {
  return { ...of.headers, "content-length": String(Buffer.byteLength(of.body)) };
}

function park(response: ServerResponse): void {
  held.add(response);
  response.on("close", () => held.delete(response));
}

function release(): void {
  if (hold === undefined) return;
  for (const response of held) {
    response.writeHead(hold.released.status, releasedHeaders);
    response.end(hold.released.body);
  }
  held.clear();
}

server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  const address = server.address();
  if (typeof address === "object") console.log(`Listening on http://127.0.0.1:${address?.port}`);
});
process.on("SIGTERM", () => process.exit(0));
