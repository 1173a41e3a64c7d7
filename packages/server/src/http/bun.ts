/** Bun's HTTP server in front of a handler. */
import {
  type CancelSignal,
  type Handler,
  isStreamTarget,
  type Waiter,
  type WireRequest,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { Stream } from "../service/stream/stream.ts";
import type { StreamDoor } from "../service/stream/streams.ts";
import { type Body, readBody } from "./body.ts";
import { bodyBytesRead, stopPatienceMs } from "./bounds.ts";
import { bunStreams, upgradeOnBun } from "./bun-streams.ts";
import type { Listener, ListenOptions } from "./listen.ts";
import { refuseBody, refuseHead } from "./refuse.ts";

/** The longest idle time Bun knows, in seconds; a held poll must have none at all. */
const idleTimeoutSeconds = 255;
const pollPrefix = "/v2/subscribe/";

/** Starts to listen on Bun. */
export function listenOnBun(handler: Handler, { host, port }: ListenOptions, streams?: StreamDoor): Listener {
  const server = Bun.serve<Stream>({
    hostname: host,
    port,
    idleTimeout: idleTimeoutSeconds,
    maxRequestBodySize: bodyBytesRead,
    development: false,
    // Outside development Bun shares the port by default: a second server would take half of the first one's clients.
    reusePort: false,
    fetch(request, server) {
      const target = targetOf(request.url);
      // Anything but 0 cuts a held poll off after the idle timeout, at 256 s at the latest.
      if (target.startsWith(pollPrefix)) server.timeout(request, 0);
      else if (streams !== undefined && isStreamTarget(target)) {
        const refusal = upgradeOnBun(streams, request, { server, target });
        return refusal.then((reply) => (reply === undefined ? undefined : responseOf(reply)));
      }
      // The most frequent method has no body, and is spared the look for one.
      if (request.method === "GET" || request.body === null)
        return answer(handler, request, target, undefined);
      return answerWithBody(handler, request, target);
    },
    error: () => responseOf(refuseHead("internal")),
    websocket: bunStreams,
  });
  streams?.attach((topic, text) => void server.publish(topic, text));
  return {
    port: server.port ?? port,
    async stop() {
      const stopped = server.stop();
      await Promise.race([stopped, Bun.sleep(stopPatienceMs)]);
      await server.stop(true);
    },
  };
}

async function answerWithBody(handler: Handler, request: Request, target: string): Promise<Response> {
  const body = await readBody(new Uint8Array(await request.arrayBuffer()));
  return answer(handler, request, target, body);
}

function answer(
  handler: Handler,
  request: Request,
  target: string,
  body: Body | undefined,
): Response | Promise<Response> {
  if (body !== undefined && !body.ok) return responseOf(refuseBody(body.problem));
  const reply = handler(new BunRequest(request, target, body?.text));
  // No frame of its own: a held poll would keep it.
  return reply instanceof Promise ? reply.then(responseOf) : responseOf(reply);
}

function responseOf({ status, headers, body }: WireResponse): Response {
  return new Response(body, { status, headers: headersOf(headers) });
}

/** Replies share their headers, and Bun copies headers of its own kind in a third of the time that a record takes. */
function headersOf(record: WireResponse["headers"]): Headers {
  let headers = knownHeaders.get(record);
  if (headers === undefined) {
    headers = new Headers(record);
    knownHeaders.set(record, headers);
  }
  return headers;
}

const knownHeaders = new WeakMap<WireResponse["headers"], Headers>();

/** Path and query of the absolute URL that Bun makes of every target. */
function targetOf(url: string): string {
  // Without a proper Host header there is nothing to make it absolute with: it is the target as it came.
  if (url.startsWith("/")) return url;
  const afterScheme = url.indexOf("//") + 2;
  const slash = url.indexOf("/", afterScheme);
  return slash < 0 ? "/" : url.slice(slash);
}

class BunRequest implements WireRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
  readonly #request: Request;

  constructor(request: Request, target: string, body: string | undefined) {
    this.method = request.method;
    this.target = target;
    this.body = body;
    this.#request = request;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  get signal(): CancelSignal {
    return new BunSignal(this.#request);
  }
}

/** Asks Bun for its signal only when it is looked at, and listens itself: both save memory for every held poll. */
class BunSignal implements CancelSignal, EventListenerObject {
  readonly #request: Request;
  #waiter: Waiter | undefined;

  constructor(request: Request) {
    this.#request = request;
    this.#waiter = undefined;
  }

  onCancel(waiter: Waiter): void {
    const { signal } = this.#request;
    if (signal.aborted) {
      waiter.release();
      return;
    }
    this.#waiter = waiter;
    signal.addEventListener("abort", this);
  }

  handleEvent(): void {
    this.#waiter?.release();
  }
}
