/** A client's end of a stream in tests: the frames it was sent, in their order, however it is connected. */
import { Stream, type StreamDoor, Topics } from "@hereabouts/server";
import { WebSocket } from "ws";
import { withDeadline } from "../deadline.ts";
import { jsonOrNothing, type Reply } from "./world.ts";

/** How a stream was closed. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A stream as its client sees it. */
export interface TestStream {
  /** The frames that came since the last call. */
  take(): readonly string[];
  /** The next frame, when it comes. Rejects when the stream closes instead, or after a while. */
  next(): Promise<string>;
  /** Sends a frame. */
  send(text: string): void;
  /** How it closed; `undefined` while it is open. */
  closing(): Closing | undefined;
  /** Closes the connection without a word about leaving. */
  drop(): void;
  /** Ceases to read, until `resume`. */
  pause(): void;
  resume(): void;
}

/** Frames as they come, for whoever waits for them. */
class Inbox {
  readonly #frames: string[] = [];
  #closing: Closing | undefined;
  #onNews: (() => void) | undefined;

  put(text: string): void {
    this.#frames.push(text);
    this.#onNews?.();
  }

  close(closing: Closing): void {
    this.#closing ??= closing;
    this.#onNews?.();
  }

  get closing(): Closing | undefined {
    return this.#closing;
  }

  take(): readonly string[] {
    return this.#frames.splice(0);
  }

  async next(): Promise<string> {
    const waiting = new Promise<void>((resolve) => {
      this.#onNews = resolve;
    });
    if (this.#frames.length === 0 && this.#closing === undefined) await withDeadline(waiting, "A frame");
    const frame = this.#frames.shift();
    if (frame === undefined) throw new Error(`The stream closed: ${JSON.stringify(this.#closing)}`);
    return frame;
  }
}

/** A door with topics, for streams without sockets. */
export interface MemoryDoor {
  open(target: string): Promise<TestStream | Reply>;
}

/** Opens streams at a door without sockets. A client that pauses lets everything wait. */
export function memoryDoor(door: StreamDoor): MemoryDoor {
  const topics = new Topics<(text: string) => void>();
  door.attach((topic, text) => {
    for (const send of [...topics.of(topic)]) send(text);
  });
  return {
    open: async (target) => {
      const admitted = await door.admit(target);
      return admitted instanceof Stream ? connect(admitted, topics) : replyOf(admitted);
    },
  };
}

function connect(stream: Stream, topics: Topics<(text: string) => void>): TestStream {
  const inbox = new Inbox();
  let waiting: string[] | undefined;
  let isClosed = false;
  const send = (text: string): void => {
    if (isClosed) return;
    if (waiting === undefined) inbox.put(text);
    else waiting.push(text);
  };
  const close = (closing: Closing): void => {
    if (isClosed) return;
    isClosed = true;
    inbox.close(closing);
  };
  stream.begin({
    send,
    bufferedBytes: () => (waiting ?? []).reduce((sum, text) => sum + text.length, 0),
    ping: () => {
      if (waiting === undefined && !isClosed) stream.hear();
    },
    close: (code, reason) => close({ code, reason }),
    cutOff: () => {},
    join: (topic) => topics.join(topic, send),
    leave: (topic) => topics.leave(topic, send),
  });
  return {
    take: () => inbox.take(),
    next: () => inbox.next(),
    send: (text) => {
      if (!isClosed) stream.take(text);
    },
    closing: () => inbox.closing,
    drop: () => {
      close({ code: 1006, reason: "" });
      stream.end();
    },
    pause: () => {
      waiting ??= [];
    },
    resume: () => {
      const late = waiting ?? [];
      waiting = undefined;
      for (const text of late) inbox.put(text);
      stream.drain();
    },
  };
}

/** Opens a stream over a real WebSocket; resolves with the answer when it is refused. */
export function openSocketStream(port: number, target: string): Promise<TestStream | Reply> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, { perMessageDeflate: false });
  const inbox = new Inbox();
  socket.on("message", (data: Buffer) => inbox.put(data.toString()));
  socket.on("close", (code, reason) => inbox.close({ code, reason: reason.toString() }));
  const opened = new Promise<TestStream | Reply>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => {
      resolve({
        take: () => inbox.take(),
        next: () => inbox.next(),
        send: (text) => socket.send(text),
        closing: () => inbox.closing,
        drop: () => socket.terminate(),
        pause: () => socket.pause(),
        resume: () => socket.resume(),
      });
    });
    socket.on("unexpected-response", (request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const headers = Object.entries(response.headers).map(
          ([name, value]) => [name, String(value)] as const,
        );
        resolve(replyOf({ status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body }));
        request.destroy();
      });
    });
  });
  return withDeadline(opened, `A stream of ${target.slice(0, 200)}`);
}

function replyOf({
  status,
  headers,
  body,
}: Pick<Reply, "status" | "headers"> & { readonly body: string }): Reply {
  return { status, headers, text: body, json: jsonOrNothing(body) };
}
