/** Keeps a server as busy as it can be over a few connections, and says what its CPU time went for. */
import { busyMsOfCore, cpuMsOf } from "../proc.ts";
import { quantile } from "../statistics.ts";
import { type Body, type Connection, openConnection } from "./connection.ts";
import type { SaturateOrder, SaturateReport } from "./messages.ts";
import { buildRequest, buildRequests } from "./requests.ts";

const latenciesKept = 4_000_000;

/** Runs an order. Rejects when an answer is not 200 or a connection is lost. */
export async function saturate(order: SaturateOrder): Promise<SaturateReport> {
  const requests = buildRequests(order.plan, order.port);
  const connections: Connection[] = [];
  const latencies = new Float64Array(latenciesKept);
  let next = 0;
  let answers = 0;
  let kept = 0;
  let isMeasuring = false;
  const failure = Promise.withResolvers<never>();
  // Whoever awaits it sees the failure; nobody must be awaiting it at the moment it happens.
  failure.promise.catch(() => {});

  const drive = (): void => {
    let sentAt = 0;
    const send = (): void => {
      const request = requests[next++ % requests.length];
      sentAt = performance.now();
      if (request !== undefined) connection.send(request);
    };
    const connection = openConnection(order.port, {
      onOpen: send,
      onAnswer: (status, body) => {
        if (status !== 200) return failure.reject(refusal(status, body));
        answers++;
        if (isMeasuring && kept < latenciesKept) latencies[kept++] = performance.now() - sentAt;
        send();
      },
      onLost: (reason) => failure.reject(new Error(reason)),
    });
    connections.push(connection);
  };

  for (let index = 0; index < order.connections; index++) drive();
  const beside = order.beside === undefined ? undefined : sendBeside(order, order.beside, failure.reject);
  try {
    await Promise.race([pause(order.warmUpMs), failure.promise]);
    const before = snapshot(order.pid);
    const answersBefore = answers;
    const besideBefore = beside?.answers() ?? 0;
    isMeasuring = true;
    await Promise.race([pause(order.measureMs), failure.promise]);
    const after = snapshot(order.pid);
    const serverCpuMs = after.server - before.server;
    const ascending = latencies.subarray(0, kept).sort();
    return {
      answers: answers - answersBefore,
      seconds: (after.at - before.at) / 1000,
      serverCpuMs,
      // Both come in steps of 10 ms: their difference may be a step below nothing.
      otherCpuMs: Math.max(0, after.core - before.core - serverCpuMs),
      latencyMs: { median: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) },
      besideAnswers: (beside?.answers() ?? 0) - besideBefore,
    };
  } finally {
    beside?.stop();
    for (const connection of connections) connection.drop();
  }
}

function snapshot(pid: number): { at: number; server: number; core: number } {
  return { at: performance.now(), server: cpuMsOf(pid), core: busyMsOfCore(0) };
}

function sendBeside(
  order: SaturateOrder,
  beside: NonNullable<SaturateOrder["beside"]>,
  fail: (error: Error) => void,
): { answers: () => number; stop: () => void } {
  const requests = beside.targets.map((target) => buildRequest(target, order.port));
  let next = 0;
  let answers = 0;
  let isWaiting = true;
  const connection = openConnection(order.port, {
    onOpen: () => {
      isWaiting = false;
    },
    onAnswer: (status, body) => {
      if (status !== 200) return fail(refusal(status, body));
      isWaiting = false;
      answers++;
    },
    onLost: (reason) => fail(new Error(reason)),
  });
  const timer = setInterval(() => {
    const request = requests[next % requests.length];
    if (isWaiting || request === undefined) return;
    next++;
    isWaiting = true;
    connection.send(request);
  }, beside.everyMs);
  return {
    answers: () => answers,
    stop: () => {
      clearInterval(timer);
      connection.drop();
    },
  };
}

/** The error for an answer that is not what was asked for. */
export function refusal(status: number, body: Body): Error {
  const text = body.bytes.toString("utf8", body.start, Math.min(body.end, body.start + 300));
  return new Error(`The server answered ${status}: ${text}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
