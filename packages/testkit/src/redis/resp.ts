/** Says one command to a Redis server and gives its answer. A few lines instead of a client: for set-ups and faults. */
import { connect } from "node:net";

/** An answer as the protocol has it: texts, numbers, nothing, lists. */
export type RespReply = string | number | null | readonly RespReply[];

/** Sends one command over a connection of its own. Rejects with what the server calls an error, and after 5 seconds. */
export function redisCommand(port: number, ...args: readonly string[]): Promise<RespReply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let received = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(5_000, () => end(() => reject(new Error(`${args[0]} had no answer in 5 s.`))));
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("close", () => reject(new Error(`The connection closed before ${args[0]} was answered.`)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const read = readReply(received, 0);
      if (read === undefined) return;
      const { value } = read;
      end(() => (value instanceof Error ? reject(value) : resolve(value)));
    });
    socket.write(encode(args));
  });
}

function encode(args: readonly string[]): string {
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  return `*${args.length}\r\n${parts.join("")}`;
}

interface Read {
  readonly value: RespReply | Error;
  readonly end: number;
}

/** The reply that begins at an offset, or `undefined` when it is not all there. */
function readReply(bytes: Buffer, from: number): Read | undefined {
  const lineEnd = bytes.indexOf("\r\n", from);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("utf8", from + 1, lineEnd);
  const next = lineEnd + 2;
  switch (bytes.toString("latin1", from, from + 1)) {
    case "-":
      return { value: new Error(line), end: next };
    case ":":
      return { value: Number(line), end: next };
    case "$":
      return readText(bytes, next, Number(line));
    case "*":
      return readList(bytes, next, Number(line));
    default:
      return { value: line, end: next };
  }
}

function readText(bytes: Buffer, from: number, length: number): Read | undefined {
  if (length < 0) return { value: null, end: from };
  if (bytes.length < from + length + 2) return undefined;
  return { value: bytes.toString("utf8", from, from + length), end: from + length + 2 };
}

function readList(bytes: Buffer, from: number, length: number): Read | undefined {
  const values: RespReply[] = [];
  let end = from;
  for (let index = 0; index < length; index++) {
    const read = readReply(bytes, end);
    if (read === undefined) return undefined;
    if (read.value instanceof Error) return { value: read.value, end: read.end };
    values.push(read.value);
    end = read.end;
  }
  return { value: length < 0 ? null : values, end };
}
