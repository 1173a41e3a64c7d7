/** Requests to a real server over real sockets, each on a connection of its own unless told otherwise. */
import { type Agent, type IncomingHttpHeaders, get as openGet } from "node:http";

/** An answer. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; `undefined` when it is none. */
  readonly json: unknown;
}

/** A request under way. */
export interface Sent {
  /** Rejects with the socket's error when there is no answer. */
  readonly reply: Promise<Reply>;
  drop(): void;
}

/** Sends a GET without waiting for the answer. */
export function send(port: number, target: string, agent: Agent | false = false): Sent {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = openGet({ host: "127.0.0.1", port, path: target, agent }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, headers, text, json: jsonOf(text) });
    });
  });
  request.on("error", reject);
  return { reply: promise, drop: () => request.destroy() };
}

/** Sends a GET and waits for the answer, whatever its status. */
export async function ask(port: number, target: string, agent: Agent | false = false): Promise<Reply> {
  return await send(port, target, agent).reply;
}

/** Sends a GET that must be answered with 200. */
export async function askWell(port: number, target: string, agent: Agent | false = false): Promise<Reply> {
  const reply = await ask(port, target, agent);
  if (reply.status !== 200) throw new Error(`${target} was answered ${reply.status}: ${reply.text}`);
  return reply;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
