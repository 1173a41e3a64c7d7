/** Bytes to a port and back, and the reading of HTTP answers out of them: for requests that no client would send. */
import { connect } from "node:net";

/** An answer taken apart. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What came back over one connection. */
export interface Exchange {
  readonly bytes: Buffer;
  /** Whether the server closed the connection before the test gave up. */
  readonly closedByServer: boolean;
}

/** How to exchange bytes. */
export interface ExchangeOptions {
  readonly port: number;
  /** Sent one after the other, each in a segment of its own. */
  readonly parts: readonly Uint8Array[];
  /** Whether the client closes its half when it has sent everything. Default true. */
  readonly finish?: boolean;
  /** Real milliseconds to wait for the server to close, or for `enough`. Default 2000. */
  readonly patienceMs?: number;
  /** Tells when no more needs to be waited for. Default never. */
  readonly enough?: (bytes: Buffer) => boolean;
}

/** Sends bytes and reads until the server closes, or there is enough, or patience is over. */
export function exchange(options: ExchangeOptions): Promise<Exchange> {
  const { port, parts, finish = true, patienceMs = 2_000, enough = () => false } = options;
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    socket.setNoDelay(true);
    const end = (closedByServer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ bytes: Buffer.concat(received), closedByServer });
    };
    const timer = setTimeout(() => end(false), patienceMs);
    socket.on("data", (bytes: Buffer) => {
      received.push(bytes);
      if (enough(Buffer.concat(received))) end(false);
    });
    // A refusal may reset the connection while the rest of the request is still on its way.
    socket.on("error", () => end(true));
    socket.on("end", () => end(true));
    socket.on("connect", () => {
      for (const part of parts) socket.write(part);
      if (finish) socket.end();
    });
  });
}

/** The answers in these bytes, one after the other. Throws when they are anything but whole HTTP answers. */
export function readAnswers(bytes: Buffer): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const { answer, length } = readAnswer(rest);
    if (answer.status >= 200) answers.push(answer);
    rest = rest.subarray(length);
  }
  return answers;
}

function readAnswer(bytes: Buffer): { readonly answer: RawAnswer; readonly length: number } {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) throw new Error(`This is no HTTP answer: ${preview(bytes)}`);
  const [statusLine = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`This is no status line: ${preview(bytes)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (header === null) throw new Error(`This is no header: ${JSON.stringify(line)}`);
    headers.set((header[1] ?? "").toLowerCase(), header[2] ?? "");
  }
  const body = readBody(bytes.subarray(headEnd + 4), headers, Number(status));
  return {
    answer: { status: Number(status), headers, body: body.text },
    length: headEnd + 4 + body.length,
  };
}

function readBody(
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
  status: number,
): { readonly text: string; readonly length: number } {
  if (status < 200 || status === 204 || status === 304) return { text: "", length: 0 };
  if (headers.get("transfer-encoding") === "chunked") return readChunks(bytes);
  const declared = headers.get("content-length");
  const length = declared === undefined ? bytes.length : Number(declared);
  if (length > bytes.length)
    throw new Error(`A body of ${length} bytes has ${bytes.length}: ${preview(bytes)}`);
  return { text: bytes.subarray(0, length).toString("utf8"), length };
}

function readChunks(bytes: Buffer): { readonly text: string; readonly length: number } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size =
      lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    if (!Number.isInteger(size)) throw new Error(`This is no chunk: ${preview(bytes.subarray(at))}`);
    at = lineEnd + 2 + size + 2;
    if (at > bytes.length) throw new Error(`A chunk of ${size} bytes is cut off.`);
    if (size === 0) return { text: Buffer.concat(parts).toString("utf8"), length: at };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
  }
}

function preview(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 200).toString("latin1"));
}
