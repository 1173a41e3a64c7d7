/** One channel, many observers: changes are made and every observer has to be told of every one, once. */
import { busyMsOfCore, cpuMsOf } from "../proc.ts";
import { quantile } from "../statistics.ts";
import { type Connection, openConnection } from "./connection.ts";
import { dialectOf, type Party } from "./dialects.ts";
import { buildRequest, heartbeatTarget, leaveTarget, userName } from "./requests.ts";
import { type ClientSocket, openSocket } from "./socket.ts";
import type { FanOutOrder, FanOutReport } from "./socket-messages.ts";
import { eachUnit, Units } from "./units.ts";

const openingAtOnce = 100;
const settleWithinMs = 30_000;

/** A change that not all observers have been told of. */
interface Change {
  readonly serial: number;
  readonly dueAt: number;
  remaining: number;
}

/** Somebody who comes and goes. It makes its next change when the last has been told to all and confirmed. */
interface Comer {
  readonly user: string;
  send(action: "join" | "leave"): void;
  isThere: boolean;
  change: Change | undefined;
  isUnconfirmed: boolean;
}

/** What an observer has been told. */
interface Observer {
  place: number;
  count: number;
  serials: number;
}

type Content = { readonly changes: readonly Change[]; readonly cursor: string | undefined };

/** Runs an order: first as fast as it goes, then at half that rate. Rejects when anybody was told anything wrong. */
export async function fanOut(order: FanOutOrder): Promise<FanOutReport> {
  const crowd = await openFanOut(order);
  try {
    crowd.startClosedLoop();
    await crowd.pause(order.warmUpMs);
    const before = snapshot(order.pid, crowd.deliveries());
    await crowd.pause(order.measureMs);
    const after = snapshot(order.pid, crowd.deliveries());
    await crowd.finish();
    const seconds = (after.at - before.at) / 1000;
    const deliveries = after.deliveries - before.deliveries;
    const changesPerSecond = deliveries / order.observers / seconds;
    const latencies = await crowd.atRate(changesPerSecond / 2, order.latencyMs);
    crowd.verify();
    const ascending = Float64Array.from(latencies).sort();
    const serverCpuMs = after.server - before.server;
    return {
      deliveries,
      seconds,
      serverCpuMs,
      otherCpuMs: Math.max(0, after.core - before.core - serverCpuMs),
      bytesPerChange: crowd.bytesPerChange(),
      latencyMs: { median: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) },
      latencyChanges: ascending.length,
    };
  } finally {
    crowd.close();
  }
}

async function openFanOut(order: FanOutOrder) {
  const { port, channel } = order;
  const dialect = dialectOf(order.dialect);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const fail = (reason: string): void => failure.reject(new Error(reason));
  const comers = new Map<string, Comer>();
  const observers: Observer[] = [];
  const drops: (() => void)[] = [];
  let serial = 0;
  let serialSum = 0;
  let delivered = 0;
  let bytesDelivered = 0;
  let onDone: (comer: Comer, change: Change) => void = () => {};

  const units = new Units<Content>((text) => {
    const told = dialect.told(text);
    const cursor = order.watch === "poll" ? /"t":\{"t":"(\d+)"/.exec(text)?.[1] : undefined;
    const changes = told.map(({ action, user }) => {
      const comer = comers.get(user);
      if (comer?.change === undefined)
        throw new Error(`A ${action} of ${user} was told that is not under way.`);
      if ((action === "join") !== comer.isThere)
        throw new Error(`${user} was told to ${action}, and did not.`);
      owners.set(comer.change, comer);
      return comer.change;
    });
    return { changes, cursor };
  });
  const owners = new Map<Change, Comer>();

  const take = (observer: Observer, bytes: Buffer, start: number, end: number): Content => {
    const content = units.at(observer.place, bytes, start, end);
    observer.place++;
    bytesDelivered += end - start;
    for (const change of content.changes) {
      observer.count++;
      observer.serials += change.serial;
      delivered++;
      if (--change.remaining === 0) {
        const comer = owners.get(change);
        owners.delete(change);
        if (comer !== undefined) {
          comer.change = undefined;
          if (!comer.isUnconfirmed) onDone(comer, change);
          else finished.set(comer, change);
        }
      }
    }
    return content;
  };
  const finished = new Map<Comer, Change>();
  const confirm = (comer: Comer): void => {
    comer.isUnconfirmed = false;
    const change = finished.get(comer);
    if (change === undefined) return;
    finished.delete(comer);
    onDone(comer, change);
  };

  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  };

  const openSocketObserver = (index: number): Promise<void> =>
    new Promise((resolve) => {
      const party: Party = { user: `observer-${index}`, channel, role: "observer" };
      const observer: Observer = { place: 0, count: 0, serials: 0 };
      let isReady = false;
      const socket = openSocket(port, dialect.target(party), {
        onOpen: () => {
          for (const frame of dialect.greet(party)) socket.send(frame);
        },
        onLost: fail,
        onFrame: (bytes, start, end) =>
          guarded(() => {
            if (!isReady) {
              const step = dialect.proceed(party, bytes.toString("utf8", start, end));
              for (const frame of step.send) socket.send(frame);
              if (!step.isReady) return;
              isReady = true;
              observer.place = units.length;
              observers.push(observer);
              resolve();
              return;
            }
            if (end - start < 3) {
              const pong = dialect.pong(bytes.toString("utf8", start, end));
              if (pong !== undefined) socket.send(pong);
              return;
            }
            eachUnit(bytes, start, end, dialect.hasLines, (from, to) => {
              take(observer, bytes, from, to);
            });
          }),
      });
      drops.push(() => socket.drop());
    });

  const openPollObserver = (index: number): Promise<void> =>
    new Promise((resolve) => {
      const observer: Observer = { place: 0, count: 0, serials: 0 };
      let isReady = false;
      const poll = (cursor: string): void =>
        connection.send(
          buildRequest(
            `/v2/subscribe/demo/${channel}-pnpres/0?tt=${cursor}&tr=1&uuid=observer-${index}&pnsdk=bench%2F1`,
            port,
          ),
        );
      const connection: Connection = openConnection(port, {
        onOpen: () => poll("0"),
        onLost: fail,
        onAnswer: (status, { bytes, start, end }) =>
          guarded(() => {
            if (status !== 200) throw new Error(`A poll was answered ${status}.`);
            if (isReady) return poll(take(observer, bytes, start, end).cursor ?? "");
            isReady = true;
            observers.push(observer);
            poll(/"t":\{"t":"(\d+)"/.exec(bytes.toString("utf8", start, end))?.[1] ?? "");
            resolve();
          }),
      });
      drops.push(() => connection.drop());
    });

  const openHttpComer = (user: string): Promise<Comer> =>
    new Promise((resolve) => {
      const requests = {
        join: buildRequest(heartbeatTarget(channel, user), port),
        leave: buildRequest(leaveTarget(channel, user), port),
      };
      const connection = openConnection(port, {
        onOpen: () => resolve(comer),
        onLost: fail,
        onAnswer: (status) => (status === 200 ? confirm(comer) : fail(`A change was answered ${status}.`)),
      });
      const comer: Comer = {
        user,
        isThere: false,
        change: undefined,
        isUnconfirmed: false,
        send: (action) => connection.send(requests[action]),
      };
      drops.push(() => connection.drop());
    });

  const openSocketComer = (user: string): Promise<Comer> =>
    new Promise((resolve) => {
      const party: Party = { user, channel, role: "idle" };
      let id = 10;
      let isReady = false;
      const socket: ClientSocket = openSocket(port, dialect.target(party), {
        onOpen: () => {
          for (const frame of dialect.greet(party)) socket.send(frame);
        },
        onLost: fail,
        onFrame: (bytes, start, end) =>
          guarded(() => {
            const frame = bytes.toString("utf8", start, end);
            const pong = dialect.pong(frame);
            if (pong !== undefined) return socket.send(pong);
            if (!isReady) {
              const step = dialect.proceed(party, frame);
              for (const next of step.send) socket.send(next);
              if (step.isReady) {
                isReady = true;
                resolve(comer);
              }
              return;
            }
            // What it is told of itself and others while it is there is not what is measured.
            eachUnit(bytes, start, end, dialect.hasLines, (from, to) => {
              if (dialect.confirms(bytes.toString("utf8", from, to))) confirm(comer);
            });
          }),
      });
      const comer: Comer = {
        user,
        isThere: false,
        change: undefined,
        isUnconfirmed: false,
        send: (action) => socket.send(dialect.change(action, channel, ++id)),
      };
      drops.push(() => socket.drop());
    });

  const inWaves = async (count: number, open: (index: number) => Promise<unknown>): Promise<void> => {
    for (let first = 0; first < count; first += openingAtOnce) {
      const wave = Array.from({ length: Math.min(openingAtOnce, count - first) }, (_, at) =>
        open(first + at),
      );
      await Promise.race([Promise.all(wave), failure.promise]);
    }
  };

  await inWaves(order.observers, order.watch === "poll" ? openPollObserver : openSocketObserver);
  await inWaves(order.comers, async (index) => {
    const user = userName(index);
    comers.set(user, await (order.comings === "http" ? openHttpComer(user) : openSocketComer(user)));
  });

  const begin = (comer: Comer, dueAt: number): void => {
    const change = { serial: ++serial, dueAt, remaining: order.observers };
    serialSum += serial;
    comer.change = change;
    comer.isThere = !comer.isThere;
    comer.isUnconfirmed = true;
    comer.send(comer.isThere ? "join" : "leave");
  };
  const pause = (ms: number): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => setTimeout(resolve, ms)), failure.promise]);
  const finish = async (): Promise<void> => {
    onDone = () => {};
    const until = performance.now() + settleWithinMs;
    while ([...comers.values()].some((comer) => comer.change !== undefined || comer.isUnconfirmed)) {
      if (performance.now() > until)
        throw new Error(`Observers were not told of all changes within ${settleWithinMs} ms.`);
      await pause(20);
    }
  };
  return {
    pause,
    finish,
    deliveries: () => delivered,
    bytesPerChange: () => bytesDelivered / Math.max(1, delivered),
    startClosedLoop: (): void => {
      onDone = (comer) => begin(comer, performance.now());
      for (const comer of comers.values()) begin(comer, performance.now());
    },
    /** Changes at a fixed rate, due when they are due although nobody is free to make them yet. */
    atRate: async (perSecond: number, ms: number): Promise<readonly number[]> => {
      const latencies: number[] = [];
      const free = [...comers.values()];
      const due: number[] = [];
      const startedAt = performance.now();
      let begun = 0;
      const next = (): void => {
        while (due.length > 0) {
          const comer = free.pop();
          if (comer === undefined) return;
          begin(comer, due.shift() ?? 0);
        }
      };
      onDone = (comer, change) => {
        latencies.push(performance.now() - change.dueAt);
        free.unshift(comer);
        next();
      };
      while (performance.now() - startedAt < ms) {
        const wanted = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
        for (; begun < wanted; begun++) due.push(performance.now());
        next();
        await Promise.race([new Promise<void>((resolve) => setImmediate(resolve)), failure.promise]);
      }
      const record = onDone;
      const until = performance.now() + settleWithinMs;
      while (latencies.length < begun && performance.now() < until) await pause(5);
      onDone = () => {};
      if (record === undefined || latencies.length < begun)
        throw new Error("Observers were not told of all changes.");
      return latencies;
    },
    /** Throws unless every observer was told of every change once. */
    verify: (): void => {
      const wrong = observers.findIndex((one) => one.count !== serial || one.serials !== serialSum);
      if (wrong < 0 && observers.length === order.observers) return;
      throw new Error(
        `Observer ${wrong} was told of ${observers[wrong]?.count} changes, and there were ${serial}.`,
      );
    },
    close: (): void => {
      for (const drop of drops) drop();
    },
  };
}

function snapshot(pid: number, deliveries: number) {
  return { at: performance.now(), server: cpuMsOf(pid), core: busyMsOfCore(0), deliveries };
}
