/**
 * A client's end of a stream, as light as can be: a WebSocket, what comes by it, and a watch over whether it still
 * answers. When to open the next one is for others to say.
 */
import { WebSocket } from "ws";

/** How a stream ended. */
export type StreamEnd =
  /** The upgrade was answered with something else. */
  | { readonly how: "refused"; readonly status: number; readonly retryAfter: string | undefined }
  /** It was closed by the server, or broke: then with 1006. */
  | { readonly how: "closed"; readonly code: number }
  /** It did not answer. */
  | { readonly how: "silent" }
  /** The server asked to go elsewhere, and the time that it gave has passed. */
  | { readonly how: "moved" };

/** An item that was pushed. */
export interface Pushed<Payload> {
  readonly c: string;
  readonly d: Payload;
  readonly p: { readonly t: string };
}

/** Told what becomes of a stream. */
export interface StreamListener<Payload> {
  /** The subscription is in force: from a cursor, and for the question of this number; 0 for the opening. */
  onReady(cursor: string, id: number): void;
  onItems(items: readonly Pushed<Payload>[], cursor: string): void;
  /** Told once, and not when it was closed by its owner. */
  onEnd(end: StreamEnd): void;
}

/** What to open. */
export interface LightStreamOptions {
  readonly port: number;
  readonly target: string;
  /** Milliseconds of silence after which it is asked for a sign of life, and after which one that gave none is given up. */
  readonly silenceMs: number;
}

/** A stream. */
export interface LightStream {
  send(frame: object): void;
  /** Closes the connection without a word about leaving. */
  close(): void;
}

type Frame<Payload> =
  | { readonly c: "ready"; readonly id: number; readonly t: { readonly t: string } }
  | { readonly c: "move"; readonly afterMs: number }
  | { readonly c: "gap" | "error" }
  | { readonly c?: undefined; readonly t: { readonly t: string }; readonly m: readonly Pushed<Payload>[] };

/** Opens a stream. */
export function openLightStream<Payload>(
  { port, target, silenceMs }: LightStreamOptions,
  listener: StreamListener<Payload>,
): LightStream {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, { perMessageDeflate: false });
  let isOver = false;
  let isAsked = true;
  let moving: NodeJS.Timeout | undefined;
  let watching: NodeJS.Timeout;
  const stop = (): void => {
    isOver = true;
    clearTimeout(moving);
    clearTimeout(watching);
    socket.terminate();
  };
  const end = (how: StreamEnd): void => {
    if (isOver) return;
    stop();
    listener.onEnd(how);
  };
  const watch = (): void => {
    watching = setTimeout(() => {
      if (isAsked) {
        end({ how: "silent" });
        return;
      }
      isAsked = true;
      socket.ping();
      watch();
    }, silenceMs);
  };
  const hear = (): void => {
    isAsked = false;
    watching.refresh();
  };
  const take = (frame: Frame<Payload>): void => {
    if (frame.c === "ready") listener.onReady(frame.t.t, frame.id);
    else if (frame.c === "move") moving = setTimeout(() => end({ how: "moved" }), frame.afterMs);
    else if (frame.c === undefined) listener.onItems(frame.m, frame.t.t);
  };
  watch();
  socket.on("open", hear);
  socket.on("pong", hear);
  socket.on("message", (data: Buffer) => {
    if (isOver) return;
    hear();
    take(JSON.parse(data.toString()) as Frame<Payload>);
  });
  socket.on("unexpected-response", (request, { statusCode, headers }) => {
    end({ how: "refused", status: statusCode ?? 0, retryAfter: headers["retry-after"] });
    request.destroy();
  });
  // What is wrong with a connection closes it, too.
  socket.on("error", () => {});
  socket.on("close", (code) => end({ how: "closed", code }));
  return {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    close: stop,
  };
}
