/** Streams on Bun's own WebSockets, with its own publish and subscribe: one text for all who have joined a topic. */
import { closePolicy, streamFrameBytesMax, type WireResponse } from "@hereabouts/protocol/wire";
import { bufferedBytesMax } from "../service/stream/bounds.ts";
import type { Sink } from "../service/stream/sink.ts";
import { Stream } from "../service/stream/stream.ts";
import type { StreamDoor } from "../service/stream/streams.ts";

/** A connection: its data is its stream. */
type Socket = Bun.ServerWebSocket<Stream>;

/** What Bun is told about WebSockets. Clients are pinged and given up on by their streams. */
export const bunStreams: Bun.WebSocketHandler<Stream> = {
  maxPayloadLength: streamFrameBytesMax,
  // A stream is closed long before; past this Bun would leave texts out without a word.
  backpressureLimit: 4 * bufferedBytesMax,
  idleTimeout: 0,
  sendPings: false,
  perMessageDeflate: false,
  open(socket) {
    socket.data.begin(new BunSink(socket));
  },
  message(socket, message) {
    if (typeof message === "string") socket.data.take(message);
    else socket.data.close(closePolicy, "Frames are texts.");
  },
  pong(socket) {
    socket.data.hear();
  },
  drain(socket) {
    socket.data.drain();
  },
  close(socket) {
    socket.data.end();
  },
};

/** Answers a request for a stream: with an upgrade, or why there is none. */
export async function upgradeOnBun(
  streams: StreamDoor,
  request: Request,
  { server, target }: { readonly server: Bun.Server<Stream>; readonly target: string },
): Promise<WireResponse | undefined> {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return streams.refuseRequest();
  const admitted = await streams.admit(target);
  if (!(admitted instanceof Stream)) return admitted;
  if (server.upgrade(request, { data: admitted })) return undefined;
  admitted.end();
  return streams.refuseRequest();
}

class BunSink implements Sink {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(text: string): void {
    this.#socket.sendText(text);
  }

  bufferedBytes(): number {
    return this.#socket.getBufferedAmount();
  }

  ping(): void {
    this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  cutOff(): void {
    this.#socket.terminate();
  }

  join(topic: string): void {
    this.#socket.subscribe(topic);
  }

  leave(topic: string): void {
    this.#socket.unsubscribe(topic);
  }
}
