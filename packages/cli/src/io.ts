/** What a command has to do with the world: streams, files, the environment, being told to stop. */
import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";

/** The world as a command sees it. */
export interface Io {
  readonly environment: ReadonlyMap<string, string>;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** The text of a file. Throws an error whose message says why it cannot be read. */
  readText(path: string): string;
  /** Calls `stop` whenever the process is told to stop, which from then on does nothing else. */
  onStop(stop: () => void): void;
  /** Calls `reload` whenever the process is told to read its configuration again. */
  onReload(reload: () => void): void;
}

/** Bytes of a file that a command reads. */
export const fileBytesMax: number = 16 * 1024 * 1024;

/** The signals that mean stop: from Ctrl-C, from a service manager, from a terminal that went away. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The signal that means read again. The usual one, SIGHUP, is that of a terminal that went away, too. */
const reloadSignal = "SIGUSR2";

/** A world whose streams can be waited for. */
export interface ProcessIo extends Io {
  /** Resolves when everything written has gone out, or nobody reads it any more. */
  flush(): Promise<void>;
}

/** This process's world. */
export function processIo(): ProcessIo {
  const variables = Object.entries(process.env);
  const { stdout, stderr } = process;
  // Whoever reads may go away, as `head` does; that ends neither a node nor what is still to be done.
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  let written: Promise<unknown> = Promise.resolve();
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    const done = new Promise<void>((resolve) => stream.write(text, () => resolve()));
    written = Promise.all([written, done]);
  };
  return {
    environment: new Map(variables.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    out: (text) => write(stdout, text),
    err: (text) => write(stderr, text),
    readText,
    onStop: (stop) => {
      for (const signal of stopSignals) process.on(signal, stop);
    },
    onReload: (reload) => {
      process.on(reloadSignal, reload);
    },
    flush: async () => {
      await written;
    },
  };
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "permission denied"],
  ["EISDIR", "it is a directory"],
]);

function readText(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readBytes(path));
  } catch (error) {
    if (error instanceof TypeError) throw new Error("it is not UTF-8 text", { cause: error });
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw new Error(reasons.get(code) ?? messageOf(error), { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Reads to the end, not to a size known beforehand: the file may be a pipe. */
function readBytes(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk = new Uint8Array(65_536);
      const count = readSync(file, chunk);
      if (count === 0) return Buffer.concat(chunks);
      length += count;
      if (length > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
      chunks.push(chunk.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
}
