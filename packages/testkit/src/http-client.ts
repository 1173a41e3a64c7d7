/** An HTTP client for tests: sends targets byte for byte, keeps connections, can drop a request's. */
import { Agent, type IncomingMessage, request as openRequest } from "node:http";
import { type HeldPoll, jsonOrNothing, type Reply, type SendOptions } from "./worlds/world.ts";

/** Sends requests to one port on 127.0.0.1. */
export interface HttpClient {
  send(target: string, options: SendOptions): HeldPoll;
  /** Drops what is under way and closes every connection. */
  close(): void;
}

/** A client with kept connections of its own. */
export function createHttpClient(port: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const open = new Set<HeldPoll>();
  return {
    send: (target, options) => {
      const sent = send({ port, agent }, target, options);
      open.add(sent);
      const forget = (): void => {
        open.delete(sent);
      };
      sent.reply.then(forget, forget);
      return sent;
    },
    close: () => {
      for (const sent of open) sent.drop();
      agent.destroy();
    },
  };
}

function send(
  to: { readonly port: number; readonly agent: Agent },
  target: string,
  options: SendOptions,
): HeldPoll {
  let settled = false;
  const request = openRequest({
    host: "127.0.0.1",
    port: to.port,
    agent: options.connection === "own" ? false : to.agent,
    method: options.method ?? "GET",
    path: target,
    headers: { ...options.headers, ...lengthOf(options.body) },
  });
  const reply = new Promise<Reply>((resolve, reject) => {
    request.on("response", (response) => readReply(response).then(resolve, reject));
    request.on("error", reject);
  }).finally(() => {
    settled = true;
  });
  reply.catch(() => {});
  request.end(options.body);
  return {
    reply,
    isSettled: () => settled,
    drop: () => {
      settled = true;
      request.destroy(new Error(`The request was dropped: ${target}`));
    },
  };
}

/** Said for every method: Node's client does not say it for GET, and the body would pass for another request. */
function lengthOf(body: SendOptions["body"]): Record<string, string> {
  return body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    text,
    json: jsonOrNothing(text),
  };
}
