/** Streams on Node, which has no WebSocket server of its own: `ws` speaks the protocol on upgraded connections. */
import type { IncomingMessage, Server, ServerOptions } from "node:http";
import type { Duplex } from "node:stream";
import {
  closePolicy,
  isStreamTarget,
  streamFrameBytesMax,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import { type WebSocket, WebSocketServer } from "ws";
import { type Sink, Topics } from "../service/stream/sink.ts";
import { Stream } from "../service/stream/stream.ts";
import type { StreamDoor } from "../service/stream/streams.ts";
import { stopPatienceMs } from "./bounds.ts";

/** Streams that a server takes. */
export interface NodeStreams {
  /** Resolves when every connection has closed, or been cut off after a short patience. */
  closed(): Promise<void>;
}

/** Which upgrades a server looks at: others are requests, such as those of clients that would rather speak HTTP/2. */
export const upgradeOptions: Pick<ServerOptions, "shouldUpgradeCallback"> = {
  shouldUpgradeCallback: ({ url, headers }) =>
    url !== undefined && isStreamTarget(url) && headers.upgrade?.toLowerCase() === "websocket",
};

/** Lets a server take streams. It must have been made with {@link upgradeOptions}. */
export function takeStreams(server: Server, streams: StreamDoor): NodeStreams {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: streamFrameBytesMax,
    perMessageDeflate: false,
    skipUTF8Validation: false,
  });
  const topics = new Topics<WebSocket>();
  streams.attach((topic, text) => {
    const bytes = Buffer.from(text);
    for (const socket of topics.of(topic)) socket.send(bytes, asText);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", ignore);
    streams
      .admit(request.url ?? "/")
      .then((admitted) => {
        if (!(admitted instanceof Stream)) refuse(socket, admitted);
        else if (socket.destroyed) admitted.end();
        else {
          // A handshake that is refused closes the connection, and then nobody else would say so.
          const forget = (): void => admitted.end();
          socket.once("close", forget);
          sockets.handleUpgrade(request, socket, head, (accepted) => {
            socket.off("close", forget);
            serve(accepted, admitted, topics);
            socket.on("drain", () => admitted.drain());
          });
        }
      })
      .catch(() => socket.destroy());
  });
  return { closed: () => closed(sockets) };
}

const asText = { binary: false };

function ignore(): void {}

function serve(socket: WebSocket, stream: Stream, topics: Topics<WebSocket>): void {
  const sink = new NodeSink(socket, topics);
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (isBinary) stream.close(closePolicy, "Frames are texts.");
    else stream.take(data.toString());
  });
  socket.on("pong", () => stream.hear());
  socket.on("close", () => stream.end());
  // What is wrong with a connection closes it, too.
  socket.on("error", ignore);
  stream.begin(sink);
}

/** Answers an upgrade that is not to be. */
function refuse(socket: Duplex, reply: WireResponse): void {
  const headers = Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${reply.status} Refused\r\n${headers.join("")}content-length: ${Buffer.byteLength(reply.body)}\r\nconnection: close\r\n\r\n${reply.body}`,
  );
}

function closed(sockets: WebSocketServer): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, stopPatienceMs);
    sockets.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
  });
}

class NodeSink implements Sink {
  readonly #socket: WebSocket;
  readonly #topics: Topics<WebSocket>;

  constructor(socket: WebSocket, topics: Topics<WebSocket>) {
    this.#socket = socket;
    this.#topics = topics;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  cutOff(): void {
    this.#socket.terminate();
  }

  join(topic: string): void {
    this.#topics.join(topic, this.#socket);
  }

  leave(topic: string): void {
    this.#topics.leave(topic, this.#socket);
  }
}
