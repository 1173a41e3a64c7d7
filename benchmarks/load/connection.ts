/**
 * A keep-alive connection that sends ready-made bytes and finds the ends of answers. It knows just enough HTTP/1.1 for
 * that (status and Content-Length), so that the server, not the load, is what is measured.
 */
import { connect } from "node:net";

/** Who is told about a connection. */
export interface Listener {
  onOpen(): void;
  /** An answer: `body` is only good during the call. */
  onAnswer(status: number, body: Body): void;
  /** The connection has ended without being asked to. */
  onLost(reason: string): void;
}

/** Where an answer's body lies. */
export interface Body {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** An open connection. */
export interface Connection {
  send(request: Buffer): void;
  /** Drops the connection; nothing is told any more. */
  drop(): void;
}

/** The error for an answer that is not what was asked for. */
export function refusal(status: number, body: Body): Error {
  const text = body.bytes.toString("utf8", body.start, Math.min(body.end, body.start + 300));
  return new Error(`The server answered ${status}: ${text}`);
}

/** Room for an answer whose head has not all come yet. */
const headBytesMax = 64 * 1024;
const readBuffer = Buffer.alloc(256 * 1024);

/** Opens a connection to a local port. */
export function openConnection(port: number, listener: Listener): Connection {
  let dropped = false;
  const lose = (reason: string): void => {
    if (dropped) return;
    dropped = true;
    socket.destroy();
    listener.onLost(reason);
  };
  const reader = createAnswerReader(listener, lose);
  const socket = connect({
    host: "127.0.0.1",
    port,
    noDelay: true,
    onread: {
      // One buffer for all connections: what is read is used up before the next read begins.
      buffer: readBuffer,
      callback: (length: number): boolean => {
        if (!dropped) reader(length);
        return true;
      },
    },
  });
  socket.on("connect", () => listener.onOpen());
  socket.on("error", (error) => lose(error.message));
  socket.on("close", () => lose("The server closed the connection."));
  return {
    send: (request) => {
      socket.write(request);
    },
    drop: () => {
      dropped = true;
      socket.destroy();
    },
  };
}

function createAnswerReader(listener: Listener, lose: (reason: string) => void): (length: number) => void {
  // An answer as long as the last one, with the same Content-Length in the same place, needs no parsing.
  let last: Head | undefined;
  let partial: { bytes: Buffer; filled: number; head: Head | undefined } | undefined;

  const answer = (bytes: Buffer, head: Head): void => {
    last = head;
    partial = undefined;
    listener.onAnswer(head.status, { bytes, start: head.bodyStart, end: head.total });
  };
  const whole = (length: number): void => {
    if (last !== undefined && last.total === length && isLike(readBuffer, last)) {
      answer(readBuffer, last);
      return;
    }
    const head = parseHead(readBuffer, length, lose);
    if (head?.total === length) {
      answer(readBuffer, head);
      return;
    }
    if (head !== undefined && head.total < length) {
      lose("More bytes came than the answer has.");
      return;
    }
    const bytes = Buffer.allocUnsafe(head?.total ?? headBytesMax);
    readBuffer.copy(bytes, 0, 0, length);
    partial = { bytes, filled: length, head };
  };
  const rest = (into: NonNullable<typeof partial>, length: number): void => {
    if (into.filled + length > into.bytes.length) {
      lose("More bytes came than the answer has.");
      return;
    }
    readBuffer.copy(into.bytes, into.filled, 0, length);
    into.filled += length;
    if (into.head === undefined) {
      const head = parseHead(into.bytes, into.filled, lose);
      if (head === undefined) return;
      const bytes = Buffer.allocUnsafe(head.total);
      into.bytes.copy(bytes, 0, 0, into.filled);
      into.head = head;
      into.bytes = bytes;
    }
    if (into.filled === into.head.total) answer(into.bytes, into.head);
  };
  return (length) => (partial === undefined ? whole(length) : rest(partial, length));
}

interface Head {
  readonly status: number;
  readonly bodyStart: number;
  readonly total: number;
  readonly lengthAt: number;
  readonly lengthDigits: Buffer;
}

function isLike(bytes: Buffer, head: Head): boolean {
  const { lengthAt, lengthDigits } = head;
  return (
    statusOf(bytes) === head.status &&
    bytes.compare(lengthDigits, 0, lengthDigits.length, lengthAt, lengthAt + lengthDigits.length) === 0
  );
}

function statusOf(bytes: Buffer): number {
  const digit = (at: number): number => (bytes[at] ?? 0) - 48;
  return digit(9) * 100 + digit(10) * 10 + digit(11);
}

function parseHead(bytes: Buffer, length: number, lose: (reason: string) => void): Head | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0 || end + 4 > length) return undefined;
  const text = bytes.toString("latin1", 0, end + 2);
  const match = /\r\ncontent-length: (\d+)\r\n/i.exec(text);
  if (match?.[1] === undefined) {
    lose(`An answer has no Content-Length: ${text.slice(0, 200)}`);
    return undefined;
  }
  const lengthAt = match.index + match[0].length - match[1].length - 2;
  return {
    status: statusOf(bytes),
    bodyStart: end + 4,
    total: end + 4 + Number(match[1]),
    lengthAt,
    lengthDigits: Buffer.from(match[1], "latin1"),
  };
}
