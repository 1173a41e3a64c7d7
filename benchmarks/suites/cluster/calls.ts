/** Listens to a Redis (MONITOR) and counts calls: those that were made for a user, or all. */
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

/** What was heard of a whole load, by whoever sent it. */
export interface HeardCommands {
  /** Commands of clients; a script is one. */
  readonly calls: number;
  /** Of them, scripts. */
  readonly scripts: number;
  /** Commands that scripts ran. */
  readonly inside: number;
}

/** Runs some work, and says what Redis was told about a user meanwhile. */
export async function listenTo(port: number, user: string, work: () => Promise<unknown>): Promise<Heard> {
  const lines: string[] = [];
  await listen(port, work, (line) => lines.push(line));
  const own = lines.filter((line) => line.includes(user) && !isOfScript(line));
  const tags = own.flatMap((line) => [...line.matchAll(/\{([^}]*)\}/g)].map(([, tag]) => tag));
  return {
    calls: own.length,
    partitions: new Set(tags).size,
    publications: lines.filter((line) => /\] "s?publish"/i.test(line)).length,
  };
}

/** Runs some work, and counts the commands that came meanwhile. Being listened to costs Redis time of its own. */
export async function countCommands<Result>(
  port: number,
  work: () => Promise<Result>,
): Promise<{ readonly heard: HeardCommands; readonly result: Result }> {
  const heard = { calls: 0, scripts: 0, inside: 0 };
  const result = await listen(port, work, (line) => {
    if (isOfScript(line)) heard.inside += 1;
    else heard.calls += 1;
    if (/\] "eval(sha)?"/i.test(line)) heard.scripts += 1;
  });
  return { heard, result };
}

function isOfScript(line: string): boolean {
  return line.includes(" lua] ");
}

async function listen<Result>(
  port: number,
  work: () => Promise<Result>,
  onLine: (line: string) => void,
): Promise<Result> {
  let rest = "";
  let isStarted = false;
  const socket = connect({ host: "127.0.0.1", port });
  const started = Promise.withResolvers<void>();
  socket.on("error", started.reject);
  socket.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (isStarted) onLine(line);
      else if (line === "+OK") {
        isStarted = true;
        started.resolve();
      }
    }
  });
  socket.write("MONITOR\r\n");
  try {
    await started.promise;
    const result = await work();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return result;
  } finally {
    socket.destroy();
  }
}
