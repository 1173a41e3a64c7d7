import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, createFetchTransport } from "../src/index.ts";

let server: Server;
let origin: string;
const seen: { readonly request: IncomingMessage; readonly body: string }[] = [];
let answer: { status: number; headers: Record<string, string>; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ request, body });
      if (request.url === "/held") return;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const { signal } = new AbortController();

test("a request goes out as it is, and the reply comes back as it is", async () => {
  answer = { status: 200, headers: {}, body: "ü" };
  const transport = createFetchTransport(origin);
  expect(await transport({ method: "GET", target: "/a%2Fb,c?x=%20+", signal })).toEqual({
    status: 200,
    body: "ü",
  });
  expect(await transport({ method: "POST", target: "/post", body: '"ü"', signal })).toEqual({
    status: 200,
    body: "ü",
  });
  expect(seen.map(({ request, body }) => [request.method, request.url, body])).toEqual([
    ["GET", "/a%2Fb,c?x=%20+", ""],
    ["POST", "/post", '"ü"'],
  ]);
  // Anything else would make browsers ask for permission first.
  expect(seen[1]?.request.headers["content-type"]).toMatch(/^text\/plain/);
});

test.each([
  ["7", 7],
  ["0", 0],
  ["Wed, 21 Oct 2099 07:28:00 GMT", undefined],
  ["-1", undefined],
  ["", undefined],
])("Retry-After: %s is %s seconds", async (value, expected) => {
  answer = { status: 503, headers: value === "" ? {} : { "retry-after": value }, body: "" };
  const reply = await createFetchTransport(origin)({ method: "GET", target: "/", signal });
  expect(reply).toEqual(
    expected === undefined
      ? { status: 503, body: "" }
      : { status: 503, body: "", retryAfterSeconds: expected },
  );
});

test("a request that is given up closes its connection", async () => {
  const client = createClient({ origin: `${origin}/`, subscribeKey: "demo", userId: "alice" });
  const controller = new AbortController();
  const held = createFetchTransport(origin)({ method: "GET", target: "/held", signal: controller.signal });
  const closed = new Promise((resolve) => {
    server.once("request", (request) => request.once("close", resolve));
  });
  const refused = expect(held).rejects.toThrow();
  await new Promise((resolve) => {
    server.once("request", resolve);
  });
  controller.abort();
  await refused;
  await closed;
  await client.close();
});
