/**
 * An HTTP load balancer as one stands before a cluster: every request goes to a random node that its health checks
 * find ready, without sticky sessions. Held polls and upgraded connections pass through for as long as they last. When a
 * node dies, what it had under way is answered 502 and what was upgraded is closed, as common balancers do; a request
 * that never reached a node is given to another.
 */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createSeededRandom, type SeededRandom } from "../seeded-random.ts";
import { passUpgrade } from "./upgrades.ts";

/** How a balancer works. */
export interface LoadBalancerOptions {
  readonly seed: number;
  /** What is asked of a node to see whether it is ready. Default `/health/ready`. */
  readonly healthPath?: string;
  /** Milliseconds between checks, and until an unanswered one has failed. Default 500 and 1000. */
  readonly checkEveryMs?: number;
  readonly checkTimeoutMs?: number;
  /** Failed checks in a row until nothing is sent to a node any more. Default 2. */
  readonly failuresMax?: number;
}

/** What a balancer has seen. */
export interface Traffic {
  readonly requests: number;
  /** Requests per node, in the order of the nodes. */
  readonly perNode: readonly number[];
  /** Answered 502 because the node broke off, 503 because no node was ready. */
  readonly brokenOff: number;
  readonly turnedAway: number;
}

/** A balancer at work. */
export interface LoadBalancer extends AsyncDisposable {
  readonly port: number;
  /** Takes up a node: checks it and, when it is ready, sends it requests. Nodes are told apart by port. */
  add(port: number): void;
  /** Sends everything to one node while it is ready; `undefined` ends that. */
  prefer(port: number | undefined): void;
  /** The ports of the nodes that requests are sent to now. */
  ready(): readonly number[];
  traffic(): Traffic;
}

interface Backend {
  readonly port: number;
  readonly agent: Agent;
  isReady: boolean;
  failures: number;
  requests: number;
}

interface State {
  readonly backends: Backend[];
  readonly random: SeededRandom;
  preferred: number | undefined;
  requests: number;
  brokenOff: number;
  turnedAway: number;
}

/** Headers that belong to one connection, not to the request. */
const ofTheConnection = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** A kept connection that breaks this soon after a request was sent had been closed before, in milliseconds. */
const staleWithinMs = 20;

/** Opens a balancer without nodes. */
export async function openLoadBalancer(options: LoadBalancerOptions): Promise<LoadBalancer> {
  const {
    healthPath = "/health/ready",
    checkEveryMs = 500,
    checkTimeoutMs = 1_000,
    failuresMax = 2,
  } = options;
  const state: State = {
    backends: [],
    random: createSeededRandom(options.seed),
    preferred: undefined,
    requests: 0,
    brokenOff: 0,
    turnedAway: 0,
  };
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    state.requests += 1;
    forward(state, request, response, new Set());
  });
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, near: Duplex, head: Buffer) => {
    state.requests += 1;
    upgraded.add(near);
    near.on("close", () => upgraded.delete(near)).on("error", () => near.destroy());
    upgrade(state, request, near, head);
  });
  await new Promise<void>((resolve) =>
    server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 }, resolve),
  );
  const check = (): void => {
    for (const backend of state.backends) void checkOne(backend, { healthPath, checkTimeoutMs, failuresMax });
  };
  const timer = setInterval(check, checkEveryMs);
  return {
    port: (server.address() as AddressInfo).port,
    add: (port) => {
      const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
      const backend = { port, agent, isReady: false, failures: 0, requests: 0 };
      state.backends.push(backend);
      void checkOne(backend, { healthPath, checkTimeoutMs, failuresMax });
    },
    prefer: (port) => {
      state.preferred = port;
    },
    ready: () => state.backends.filter(({ isReady }) => isReady).map(({ port }) => port),
    traffic: () => ({
      requests: state.requests,
      perNode: state.backends.map(({ requests }) => requests),
      brokenOff: state.brokenOff,
      turnedAway: state.turnedAway,
    }),
    [Symbol.asyncDispose]: () => {
      clearInterval(timer);
      for (const { agent } of state.backends) agent.destroy();
      for (const near of upgraded) near.destroy();
      return closed(server);
    },
  };
}

interface Checks {
  readonly healthPath: string;
  readonly checkTimeoutMs: number;
  readonly failuresMax: number;
}

async function checkOne(backend: Backend, checks: Checks): Promise<void> {
  const isWell = await isAnsweredWell(backend.port, checks);
  backend.failures = isWell ? 0 : backend.failures + 1;
  if (isWell) backend.isReady = true;
  else if (backend.failures >= checks.failuresMax) backend.isReady = false;
}

function isAnsweredWell(port: number, { healthPath, checkTimeoutMs }: Checks): Promise<boolean> {
  return new Promise((resolve) => {
    const request = openRequest({
      host: "127.0.0.1",
      port,
      path: healthPath,
      agent: false,
      timeout: checkTimeoutMs,
    });
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
    request.end();
  });
}

function forward(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  tried: Set<Backend>,
): void {
  const backend = pick(state, tried);
  if (backend === undefined) {
    if (tried.size > 0) state.brokenOff += 1;
    else state.turnedAway += 1;
    refuse(response, tried.size > 0 ? 502 : 503);
    return;
  }
  const onward = openRequest({
    host: "127.0.0.1",
    port: backend.port,
    agent: backend.agent,
    method: request.method,
    path: request.url,
    headers: passedOn(request),
  });
  const sentAt = performance.now();
  const drop = (): void => {
    onward.destroy();
  };
  response.once("close", drop);
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, headersOf(answer));
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  onward.on("error", (error: NodeJS.ErrnoException) => {
    response.off("close", drop);
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // Nothing was carried out: nobody listened, or the kept connection had been closed when it was taken up again.
    const wasStale = onward.reusedSocket && performance.now() - sentAt < staleWithinMs;
    if ((error.code === "ECONNREFUSED" || wasStale) && request.method === "GET") {
      forward(state, request, response, tried);
      return;
    }
    state.brokenOff += 1;
    refuse(response, 502);
  });
  if (request.method === "GET") onward.end();
  else request.pipe(onward);
}

function upgrade(state: State, request: IncomingMessage, near: Duplex, head: Buffer): void {
  const tried = new Set<Backend>();
  passUpgrade({
    ...{ request, near, head },
    next: () => pick(state, tried)?.port,
    onFailure: (why) => {
      if (why === "nobody") state.turnedAway += 1;
      else state.brokenOff += 1;
      const answer = why === "nobody" ? "503 Service Unavailable" : "502 Bad Gateway";
      near.end(`HTTP/1.1 ${answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    },
  });
}

/** A ready node that was not tried, from now on tried; `undefined` when there is none. */
function pick(state: State, tried: Set<Backend>): Backend | undefined {
  const candidates = state.backends.filter((backend) => backend.isReady && !tried.has(backend));
  if (candidates.length === 0) return undefined;
  const backend = candidates.find(({ port }) => port === state.preferred) ?? state.random.pick(candidates);
  tried.add(backend);
  backend.requests += 1;
  return backend;
}

function passedOn(request: IncomingMessage): Record<string, string | string[]> {
  const kept = Object.entries(request.headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined && !ofTheConnection.has(entry[0]),
  );
  return Object.fromEntries(kept);
}

function headersOf(answer: IncomingMessage): Record<string, string | string[]> {
  return passedOn(answer);
}

/** In HTML, as balancers answer that know nothing of what is behind them. */
function refuse(response: ServerResponse, status: 502 | 503): void {
  const body = `<html><body><h1>${status === 502 ? "502 Bad Gateway" : "503 Service Unavailable"}</h1></body></html>`;
  response.writeHead(status, { "content-type": "text/html", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
