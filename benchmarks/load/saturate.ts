/** Keeps a server as busy as it can be over a few connections, and says what its CPU time went for. */
import { busyMsOfCore, cpuMsOf } from "../proc.ts";
import { quantile } from "../statistics.ts";
import type { SaturateOrder, SaturateReport } from "./messages.ts";
import { buildRequest, buildRequests } from "./requests.ts";
import { type Sender, startSending } from "./sender.ts";

const latenciesKept = 4_000_000;

/** Runs an order. Rejects when an answer is not 200 or a connection is lost. */
export async function saturate(order: SaturateOrder): Promise<SaturateReport> {
  const latencies = new Float64Array(latenciesKept);
  let kept = 0;
  let isMeasuring = false;
  const failure = Promise.withResolvers<never>();
  // Whoever awaits it sees the failure; nobody must be awaiting it at the moment it happens.
  failure.promise.catch(() => {});
  const sender = startSending({
    port: order.port,
    requests: buildRequests(order.plan, order.port),
    connections: order.connections,
    perSecond: order.perSecond,
    onAnswer: (ms) => {
      if (isMeasuring && kept < latenciesKept) latencies[kept++] = ms;
    },
    fail: failure.reject,
  });
  const beside = order.beside === undefined ? undefined : sendBeside(order, order.beside, failure.reject);
  const stop = (): void => {
    sender.stop();
    beside?.stop();
  };
  try {
    await Promise.race([pause(order.warmUpMs), failure.promise]);
    const before = snapshot(order.pid);
    const answersBefore = sender.answers();
    const besideBefore = beside?.answers() ?? 0;
    isMeasuring = true;
    await Promise.race([pause(order.measureMs), failure.promise]);
    isMeasuring = false;
    const after = snapshot(order.pid);
    const answers = sender.answers() - answersBefore;
    const besideAnswers = (beside?.answers() ?? 0) - besideBefore;
    const besideSent = await Promise.race([beside?.finish() ?? 0, failure.promise]);
    const serverCpuMs = after.server - before.server;
    const ascending = latencies.subarray(0, kept).sort();
    return {
      answers,
      seconds: (after.at - before.at) / 1000,
      serverCpuMs,
      // Both come in steps of 10 ms: their difference may be a step below nothing.
      otherCpuMs: Math.max(0, after.core - before.core - serverCpuMs),
      latencyMs: { median: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) },
      besideAnswers,
      besideSent,
    };
  } finally {
    stop();
  }
}

function snapshot(pid: number): { at: number; server: number; core: number } {
  return { at: performance.now(), server: cpuMsOf(pid), core: busyMsOfCore(0) };
}

function sendBeside(
  { port }: SaturateOrder,
  { targets, perSecond }: NonNullable<SaturateOrder["beside"]>,
  fail: (error: Error) => void,
): Sender {
  const requests = targets.map((target) => buildRequest(target, port));
  return startSending({ port, requests, connections: 16, perSecond, onAnswer: () => {}, fail });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
