/**
 * Bun's HTTP server with the settings of our adapter and nothing behind it: what a request costs before Hereabouts
 * does anything. Run as `bun bare/bun.ts ORDERS.json`.
 */
import { readOrders } from "./answers.ts";

const { answer, hold } = readOrders();
const init: ResponseInit = { status: answer.status, headers: { ...answer.headers } };
const releasedInit: ResponseInit = {
  status: hold?.released.status ?? 200,
  headers: { ...hold?.released.headers },
};
const held = new Set<(response: Response) => void>();

const server: Bun.Server<undefined> = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  development: false,
  idleTimeout: 255,
  maxRequestBodySize: 1_048_576,
  fetch(request, self): Response | Promise<Response> {
    if (hold === undefined) return new Response(answer.body, init);
    if (request.url.includes(hold.marker)) return park(request, self);
    if (request.url.endsWith("/release")) release();
    return new Response(answer.body, init);
  },
});

function park(request: Request, self: Bun.Server<undefined>): Promise<Response> {
  self.timeout(request, 0);
  return new Promise((resolve) => {
    held.add(resolve);
    request.signal.addEventListener("abort", () => {
      held.delete(resolve);
      resolve(new Response(null, { status: 499 }));
    });
  });
}

function release(): void {
  for (const resolve of held) resolve(new Response(hold?.released.body, releasedInit));
  held.clear();
}

console.log(`Listening on http://127.0.0.1:${server.port}`);
process.on("SIGTERM", () => process.exit(0));
