/** Node's HTTP server in front of a handler. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { bodyBytesMax } from "@hereabouts/protocol";
import {
  type CancelSignal,
  type Handler,
  isStreamTarget,
  type Waiter,
  type WireRequest,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { StreamDoor } from "../service/stream/streams.ts";
import { type Body, readBody } from "./body.ts";
import { bodyBytesRead, stopPatienceMs } from "./bounds.ts";
import type { Listener, ListenOptions } from "./listen.ts";
import { takeStreams, upgradeOptions } from "./node-streams.ts";
import { refuseBody, refuseHead } from "./refuse.ts";

/** Targets up to 32 KiB are legal, and the headers come on top. */
const headBytesMax = 65_536;
/** Above the longest interval at which clients come back, so that they find their connection open. */
const keepAliveMs = 330_000;
/** How long a client may take to send a request's head, and all of it. */
const headPatienceMs = 60_000;
const requestPatienceMs = 120_000;
/** How often a stop looks for connections whose answer is out, in milliseconds. */
const closeIdleEveryMs = 20;

/** Starts to listen on Node. */
export async function listenOnNode(
  handler: Handler,
  { host, port }: ListenOptions,
  streams?: StreamDoor,
): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: headBytesMax,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headPatienceMs,
      requestTimeout: requestPatienceMs,
      noDelay: true,
      ...upgradeOptions,
    },
    (request, response) => {
      if (streams !== undefined && isStreamTarget(request.url ?? "/")) {
        send(response, streams.refuseRequest());
        return;
      }
      answer(handler, request, response).catch(() => send(response, refuseHead("internal")));
    },
  );
  server.on("clientError", refuseUnreadable);
  const silent = watchSilent(server);
  const taken = streams === undefined ? undefined : takeStreams(server, streams);
  await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      await Promise.all([stop(server, silent), taken?.closed()]);
    },
  };
}

/**
 * The connections that have not asked for anything yet. Node takes them for busy ones, and a stop would wait for them.
 * One function serves all sockets: tens of thousands are open.
 */
function watchSilent(server: Server): ReadonlySet<Socket> {
  const silent = new Set<Socket>();
  function forget(this: Socket): void {
    silent.delete(this);
  }
  server.on("connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", forget);
  });
  const ask = ({ socket }: IncomingMessage): void => {
    if (silent.delete(socket)) socket.off("close", forget);
  };
  server.on("request", ask);
  server.on("upgrade", ask);
  return silent;
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function stop(server: Server, silent: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), stopPatienceMs);
    // A kept connection becomes idle again when its held poll is answered, and its client would keep it open.
    const closeIdle = setInterval(() => server.closeIdleConnections(), closeIdleEveryMs);
    server.close(() => {
      clearTimeout(cutOff);
      clearInterval(closeIdle);
      resolve();
    });
    server.closeIdleConnections();
    for (const socket of silent) if (socket.bytesRead === 0) socket.destroy();
  });
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = hasBody(request) ? await bodyOf(request) : undefined;
  if (response.destroyed) return;
  if (body !== undefined && !body.ok) return send(response, refuseBody(body.problem));
  send(response, await handler(new NodeRequest(request, response, body?.text)));
}

function send(response: ServerResponse, reply: WireResponse): void {
  if (response.destroyed) return;
  response.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.body) });
  response.end(reply.body);
}

function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined
  );
}

/** Reads a body to its end unless it is absurdly long, but keeps no more of it than may be used. */
async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length <= bodyBytesMax) chunks.push(bytes);
      if (length > bodyBytesRead) {
        request.socket.destroy();
        break;
      }
    }
  } catch {
    return { ok: false, problem: "unreadable" };
  }
  if (length > bodyBytesMax) return { ok: false, problem: "too-large" };
  return readBody(Buffer.concat(chunks));
}

/** What cannot be read as a request is answered, where the socket still takes an answer, and closed. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const reply = refuseHead(error.code === "HPE_HEADER_OVERFLOW" ? "target-too-long" : "could-not-parse");
  const headers = Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${reply.status} Refused\r\n${headers.join("")}content-length: ${Buffer.byteLength(reply.body)}\r\nconnection: close\r\n\r\n${reply.body}`,
  );
}

class NodeRequest implements WireRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, body: string | undefined) {
    this.method = request.method ?? "GET";
    this.target = request.url ?? "/";
    this.body = body;
    this.#request = request;
    this.#response = response;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  get signal(): CancelSignal {
    return new NodeSignal(this.#response);
  }
}

/** A response that closes before it is finished has lost its client. */
class NodeSignal implements CancelSignal {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onCancel(waiter: Waiter): void {
    if (this.#response.destroyed) waiter.release();
    else this.#response.once("close", () => waiter.release());
  }
}
