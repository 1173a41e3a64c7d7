import { createServer, type RequestListener, type Server } from "node:http";
import { describe, expect, it } from "vitest";
import { type LoadBalancer, openLoadBalancer } from "../src/cluster/load-balancer.ts";
import { withDeadline } from "../src/deadline.ts";
import { createHttpClient } from "../src/http-client.ts";

interface Node extends AsyncDisposable {
  readonly port: number;
  isReady: boolean;
  readonly asked: string[];
}

/** A node that answers with its name, holds what is asked of `/held`, and breaks off `/broken`. */
async function openNode(name: string): Promise<Node> {
  const node = { isReady: true, asked: [] as string[] };
  const answer: RequestListener = (request, response) => {
    const target = request.url ?? "";
    if (target === "/health/ready") {
      response.writeHead(node.isReady ? 200 : 503).end();
      return;
    }
    node.asked.push(target);
    if (target === "/broken") request.socket.destroy();
    else if (target !== "/held") response.end(`${name} ${target}`);
    response.once("close", () => {
      if (!response.writableFinished) node.asked.push(`${target} dropped`);
    });
  };
  const server = createServer(answer);
  const port = await listen(server);
  return Object.assign(node, {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("A TCP server has a port."));
      else resolve(address.port);
    }),
  );
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const looking = (async () => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  })();
  await withDeadline(looking, what);
}

async function open(nodes: readonly Node[]): Promise<LoadBalancer> {
  const balancer = await openLoadBalancer({ seed: 1, checkEveryMs: 10, checkTimeoutMs: 200 });
  for (const { port } of nodes) balancer.add(port);
  await until("Readiness", () => balancer.ready().length === nodes.length);
  return balancer;
}

describe("a load balancer", () => {
  it("sends requests to every node, unchanged", async () => {
    await using a = await openNode("a");
    await using b = await openNode("b");
    await using balancer = await open([a, b]);
    const http = createHttpClient(balancer.port);

    const texts = [];
    for (let n = 0; n < 20; n += 1) texts.push((await http.send(`/x%2Cy?n=${n}`, {}).reply).text);

    expect(texts.map((text) => text.slice(2))).toEqual(Array.from({ length: 20 }, (_, n) => `/x%2Cy?n=${n}`));
    expect(new Set(texts.map((text) => text[0]))).toEqual(new Set(["a", "b"]));
    expect(balancer.traffic().perNode).toEqual([a.asked.length, b.asked.length]);
    http.close();
  });

  it("sends nothing to a node that is not ready, and comes back to it", async () => {
    await using a = await openNode("a");
    await using b = await openNode("b");
    await using balancer = await open([a, b]);
    const http = createHttpClient(balancer.port);

    a.isReady = false;
    await until("Unreadiness", () => balancer.ready().length === 1);
    for (let n = 0; n < 10; n += 1) await http.send("/x", {}).reply;
    const askedMeanwhile = a.asked.length;
    a.isReady = true;
    await until("Readiness", () => balancer.ready().length === 2);

    expect(askedMeanwhile).toBe(0);
    http.close();
  });

  it("answers 503 without a ready node, 502 when a node breaks off", async () => {
    await using a = await openNode("a");
    await using balancer = await open([a]);
    const http = createHttpClient(balancer.port);

    const broken = await http.send("/broken", {}).reply;
    a.isReady = false;
    await until("Unreadiness", () => balancer.ready().length === 0);
    const refused = await http.send("/x", {}).reply;

    expect([broken.status, refused.status]).toEqual([502, 503]);
    expect(balancer.traffic()).toMatchObject({ brokenOff: 1, turnedAway: 1 });
    http.close();
  });

  it("gives a request to another node when nobody listens at the first", async () => {
    const a = await openNode("a");
    await using b = await openNode("b");
    await using balancer = await openLoadBalancer({ seed: 1, checkEveryMs: 60_000 });
    balancer.add(a.port);
    balancer.add(b.port);
    await until("Readiness", () => balancer.ready().length === 2);
    const http = createHttpClient(balancer.port);

    balancer.prefer(a.port);
    await a[Symbol.asyncDispose]();
    const { text } = await http.send("/x", {}).reply;

    expect(text).toBe("b /x");
    http.close();
  });

  it("holds what a node holds, and tells it when the client has gone", async () => {
    await using a = await openNode("a");
    await using balancer = await open([a]);
    const http = createHttpClient(balancer.port);

    const held = http.send("/held", {});
    await until("The poll", () => a.asked.includes("/held"));
    held.drop();
    await until("The drop", () => a.asked.includes("/held dropped"));

    expect(a.asked).toEqual(["/held", "/held dropped"]);
    http.close();
  });
});
