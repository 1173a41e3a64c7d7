/** Times joins on their way to observers, by one clock: this process sends the joins and holds the polls. */
import { openConnection, refusal } from "./connection.ts";
import type { DeliveryOrder, DeliveryReport } from "./messages.ts";
import { type Observer, startObserver } from "./observer.ts";
import { buildRequest, channelName, heartbeatTarget, pollTarget, userName } from "./requests.ts";

const lastWithinMs = 5_000;
const connectionsPerServer = 16;

/** A join under way: when it was sent, and when each of the two servers told of it. */
interface Journey {
  readonly sentAt: number;
  readonly cameAt: (number | undefined)[];
}

/** Runs an order. Joins go to both servers in turn. Rejects when one is told twice or not at all. */
export async function timeDelivery(order: DeliveryOrder): Promise<DeliveryReport> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const journeys = new Map<string, Journey>();
  const onNews = (server: number, body: string): void => {
    const now = performance.now();
    for (const [, user = ""] of body.matchAll(/"action":"join","uuid":"([^"]+)"/g))
      note(journeys.get(user), user, server, now);
  };
  const note = (journey: Journey | undefined, user: string, server: number, now: number): void => {
    if (journey === undefined) return;
    if (journey.cameAt[server] !== undefined) failure.reject(new Error(`The join of ${user} came twice.`));
    journey.cameAt[server] = now;
  };
  const observers = await openObservers(order, onNews, failure.reject);
  const senders = await Promise.all(order.ports.map((port) => openSender(port, failure.reject)));
  try {
    await Promise.race([sendJoins(order, senders, journeys), failure.promise]);
    await Promise.race([complete(order, journeys), failure.promise]);
    return reportOf(order, journeys);
  } finally {
    for (const observer of observers) observer.stop();
    for (const sender of senders) sender.stop();
  }
}

async function openObservers(
  order: DeliveryOrder,
  onNews: (server: number, body: string) => void,
  onFailure: (error: Error) => void,
): Promise<readonly Observer[]> {
  const observers: Observer[] = [];
  for (let channel = 0; channel < order.channels; channel++) {
    for (const [server, port] of order.ports.entries()) {
      const target = (cursor: string): string =>
        pollTarget(`${channelName(channel)}-pnpres`, `observer-${server}-${channel}`, cursor);
      const own = (body: string): void => onNews(server, body);
      const observer = startObserver({ port, target, onNews: own, onFailure });
      observers.push(observer);
      await observer.ready;
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return observers;
}

interface Sender {
  send(target: string): void;
  stop(): void;
}

/** Connections for joins, in turn, so that a slow answer does not hold up the next request. */
async function openSender(port: number, fail: (error: Error) => void): Promise<Sender> {
  const opened = Array.from({ length: connectionsPerServer }, () => openOne(port, fail));
  const connections = await Promise.all(opened);
  let next = 0;
  return {
    send: (target) => connections[next++ % connections.length]?.send(target),
    stop: () => {
      for (const connection of connections) connection.stop();
    },
  };
}

function openOne(port: number, fail: (error: Error) => void): Promise<Sender> {
  return new Promise((resolve) => {
    let isWaiting = false;
    const sender: Sender = {
      send: (target) => {
        if (isWaiting) return fail(new Error(`A join was not answered before ${connectionsPerServer} more.`));
        isWaiting = true;
        connection.send(buildRequest(target, port));
      },
      stop: () => connection.drop(),
    };
    const connection = openConnection(port, {
      onOpen: () => resolve(sender),
      onAnswer: (status, body) => {
        isWaiting = false;
        if (status !== 200) fail(refusal(status, body));
      },
      onLost: (reason) => fail(new Error(reason)),
    });
  });
}

async function sendJoins(
  order: DeliveryOrder,
  senders: readonly Sender[],
  journeys: Map<string, Journey>,
): Promise<void> {
  const startedAt = performance.now();
  for (let join = 0; join < order.joins; join++) {
    // By the clock and not by the time since the last: joins are as many as were asked for, however late timers are.
    const waitMs = startedAt + join * order.everyMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const user = userName(join);
    journeys.set(user, { sentAt: performance.now(), cameAt: [undefined, undefined] });
    // A channel's joins come from both servers in turn as well.
    const channel = Math.floor(join / 2) % order.channels;
    senders[join % 2]?.send(heartbeatTarget(channelName(channel), user));
  }
}

async function complete(order: DeliveryOrder, journeys: ReadonlyMap<string, Journey>): Promise<void> {
  const until = performance.now() + lastWithinMs;
  for (;;) {
    const missing = [...journeys].filter(([, { cameAt }]) => cameAt.includes(undefined));
    if (missing.length === 0 && journeys.size === order.joins) return;
    if (performance.now() > until)
      throw new Error(
        `${missing.length} joins were not told on both servers, ${missing[0]?.[0]} among them.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function reportOf(order: DeliveryOrder, journeys: ReadonlyMap<string, Journey>): DeliveryReport {
  const sameMs: number[] = [];
  const otherMs: number[] = [];
  for (let join = order.warmUpJoins; join < order.joins; join++) {
    const journey = journeys.get(userName(join));
    if (journey === undefined) continue;
    const took = (server: number): number => (journey.cameAt[server] ?? Number.NaN) - journey.sentAt;
    sameMs.push(took(join % 2));
    otherMs.push(took(1 - (join % 2)));
  }
  return { sameMs, otherMs };
}
