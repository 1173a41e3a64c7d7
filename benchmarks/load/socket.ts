/**
 * A WebSocket client that costs next to nothing: it knows the upgrade, unmasked text frames from the server, and
 * pings. What it sends is masked with zeros, which the protocol allows and which is no work.
 */
import { connect, type Socket } from "node:net";

/** Who is told about a socket. */
export interface SocketListener {
  /** The server has taken the upgrade. */
  onOpen(): void;
  /** A text frame; its bytes are only good during the call. */
  onFrame(bytes: Buffer, start: number, end: number): void;
  /** The connection has ended without being asked to. */
  onLost(reason: string): void;
}

/** An open socket. */
export interface ClientSocket {
  send(text: string): void;
  /** Drops the connection without a word, as a lost network does. */
  drop(): void;
}

const readBuffer = Buffer.alloc(512 * 1024);
const blankLine = "\r\n\r\n";
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Opens a WebSocket to a local port. A refused upgrade is told as a loss, with the status. */
export function openSocket(port: number, target: string, listener: SocketListener): ClientSocket {
  let dropped = false;
  let isOpen = false;
  /** What has come of a head or a frame that is not whole yet. */
  let rest: Buffer | undefined;
  const lose = (reason: string): void => {
    if (dropped) return;
    dropped = true;
    socket.destroy();
    listener.onLost(reason);
  };
  const read = (length: number): void => {
    let bytes = readBuffer;
    let end = length;
    if (rest !== undefined) {
      bytes = Buffer.concat([rest, readBuffer.subarray(0, length)]);
      end = bytes.length;
      rest = undefined;
    }
    let at = 0;
    if (!isOpen) {
      const head = bytes.indexOf(blankLine);
      if (head < 0 || head + 4 > end) {
        rest = Buffer.from(bytes.subarray(0, end));
        return;
      }
      if (bytes.toString("latin1", 9, 12) !== "101") {
        lose(`The upgrade was refused: ${bytes.toString("utf8", 0, Math.min(end, 600))}`);
        return;
      }
      isOpen = true;
      at = head + 4;
      listener.onOpen();
    }
    at = readFrames(bytes, at, end, socket, listener, lose);
    if (at < end && !dropped) rest = Buffer.from(bytes.subarray(at, end));
  };
  const socket = connect({
    host: "127.0.0.1",
    port,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length: number): boolean => {
        if (!dropped) read(length);
        return true;
      },
    },
  });
  socket.on("connect", () => socket.write(upgradeRequest(target, port)));
  socket.on("error", (error) => lose(error.message));
  socket.on("close", () => lose("The server closed the connection."));
  return {
    send: (text) => {
      socket.write(frameOf(opcodes.text, Buffer.from(text, "utf8")));
    },
    drop: () => {
      dropped = true;
      socket.destroy();
    },
  };
}

/** Reads the whole frames there are; gives where the first that is not whole begins. */
function readFrames(
  bytes: Buffer,
  from: number,
  end: number,
  socket: Socket,
  listener: SocketListener,
  lose: (reason: string) => void,
): number {
  let at = from;
  while (at + 2 <= end) {
    const first = bytes[at] ?? 0;
    let length = (bytes[at + 1] ?? 0) & 127;
    let start = at + 2;
    if (length === 126) {
      if (at + 4 > end) break;
      length = bytes.readUInt16BE(at + 2);
      start = at + 4;
    } else if (length === 127) {
      if (at + 10 > end) break;
      length = Number(bytes.readBigUInt64BE(at + 2));
      start = at + 10;
    }
    if (start + length > end) break;
    at = start + length;
    const opcode = first & 15;
    if (opcode === opcodes.text && first >= 128) listener.onFrame(bytes, start, at);
    else if (opcode === opcodes.ping) socket.write(frameOf(opcodes.pong, bytes.subarray(start, at)));
    else if (opcode === opcodes.close) {
      const code = length >= 2 ? bytes.readUInt16BE(start) : 1005;
      lose(`The server closed the socket with ${code}: ${bytes.toString("utf8", start + 2, at)}`);
      return end;
    } else if (opcode !== opcodes.pong) {
      lose(`A frame came that this client does not know: opcode ${opcode}, first byte ${first}.`);
      return end;
    }
  }
  return at;
}

function upgradeRequest(target: string, port: number): string {
  return (
    `GET ${target} HTTP/1.1\r\n` +
    `Host: 127.0.0.1:${port}\r\n` +
    "Connection: Upgrade\r\n" +
    "Upgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
    "Accept-Language: en-GB,en;q=0.9\r\n" +
    blankLine.slice(2)
  );
}

/** A whole frame with an all-zero mask. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : 2;
  if (length > 65_535) throw new Error("A frame of the load is at most 65,535 bytes.");
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = 128 | opcode;
  frame[1] = 128 | (extended === 0 ? length : 126);
  if (extended > 0) frame.writeUInt16BE(length, 2);
  payload.copy(frame, 2 + extended + 4);
  return frame;
}
