/** Listens to a Redis (MONITOR) and counts, request by request, the calls that were made for a user. */
import { connect } from "node:net";

/** What was heard about a user. */
export interface Heard {
  /** Commands of clients that name the user. */
  readonly calls: number;
  /** Hash tags in them: the partitions that were touched. */
  readonly partitions: number;
  /** Publications that scripts or clients made meanwhile. */
  readonly publications: number;
}

/** Runs some work, and says what Redis was told about a user meanwhile. */
export async function listenTo(port: number, user: string, work: () => Promise<unknown>): Promise<Heard> {
  let text = "";
  const socket = connect({ host: "127.0.0.1", port });
  const started = Promise.withResolvers<void>();
  socket.on("error", started.reject);
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (text.startsWith("+OK\r\n")) started.resolve();
  });
  socket.write("MONITOR\r\n");
  try {
    await started.promise;
    await work();
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    socket.destroy();
  }
  const lines = text.split("\r\n");
  const own = lines.filter((line) => line.includes(user) && !line.includes(" lua] "));
  const tags = own.flatMap((line) => [...line.matchAll(/\{([^}]*)\}/g)].map(([, tag]) => tag));
  return {
    calls: own.length,
    partitions: new Set(tags).size,
    publications: lines.filter((line) => /\] "s?publish"/i.test(line)).length,
  };
}
