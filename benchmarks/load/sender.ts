/** Sends requests in turn over some connections: each at once when its connection is free, or at a rate. */
import { type Body, type Connection, openConnection, refusal } from "./connection.ts";

/** What is to be sent, and who is told. */
export interface SenderOptions {
  readonly port: number;
  readonly requests: readonly Buffer[];
  readonly connections: number;
  /** How many requests are due in a second; `undefined`: one on each connection, always. */
  readonly perSecond: number | undefined;
  /** Milliseconds from when the request was due. */
  onAnswer(ms: number): void;
  fail(error: Error): void;
}

/** Somebody who sends. */
export interface Sender {
  answers(): number;
  /** Sends nothing more, waits for what is under way, and says how many were sent. */
  finish(): Promise<number>;
  stop(): void;
}

interface Line {
  readonly connection: Connection;
  dueAt: number;
}

/** Starts to send. Late requests are sent as soon as a connection is free: none is left out. */
export function startSending(options: SenderOptions): Sender {
  const { port, requests, perSecond } = options;
  const lines: Line[] = [];
  const free: Line[] = [];
  const startedAt = performance.now();
  let sent = 0;
  let answers = 0;
  let isOver = false;

  const send = (line: Line, dueAt: number): void => {
    line.dueAt = dueAt;
    const request = requests[sent++ % requests.length];
    if (request !== undefined) line.connection.send(request);
  };
  const release = (line: Line): void => {
    if (isOver) return;
    if (perSecond === undefined) send(line, performance.now());
    else free.push(line);
  };
  const sendDue = (perMs: number): void => {
    const due = Math.floor((performance.now() - startedAt) * perMs);
    while (sent < due) {
      const line = free.pop();
      if (line === undefined) return;
      send(line, startedAt + (sent + 1) / perMs);
    }
  };
  const onAnswer = (line: Line, status: number, body: Body): void => {
    if (status !== 200) {
      options.fail(refusal(status, body));
      return;
    }
    answers++;
    options.onAnswer(performance.now() - line.dueAt);
    release(line);
  };
  for (let index = 0; index < options.connections; index++) {
    const line: Line = {
      connection: openConnection(port, {
        onOpen: () => release(line),
        onAnswer: (status, body) => onAnswer(line, status, body),
        onLost: (reason) => options.fail(new Error(reason)),
      }),
      dueAt: 0,
    };
    lines.push(line);
  }
  const turn = (): void => {
    if (isOver || perSecond === undefined) return;
    sendDue(perSecond / 1_000);
    // Not a timer: those are a millisecond late, which is more than many answers take.
    setImmediate(turn);
  };
  turn();
  return {
    answers: () => answers,
    finish: async () => {
      isOver = true;
      while (answers < sent) await new Promise((resolve) => setTimeout(resolve, 5));
      return sent;
    },
    stop: () => {
      isOver = true;
      for (const { connection } of lines) connection.drop();
    },
  };
}
