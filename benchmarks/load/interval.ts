/** A channel that is summed up: users come and go at a rate, and every observer keeps its roster by summaries alone. */
import { askJson } from "../ask.ts";
import { cpuMsOf } from "../proc.ts";
import { quantile } from "../statistics.ts";
import { sendEach } from "./crowd.ts";
import { type Link, openLink } from "./member-links.ts";
import { buildRequest, heartbeatTarget, leaveTarget, userName } from "./requests.ts";
import { type Sender, startSending } from "./sender.ts";
import type { IntervalOrder, IntervalReport } from "./socket-messages.ts";
import { Summaries } from "./summaries.ts";

const channel = "hall";
const observersAtOnce = 100;
const settleWithinMs = 15_000;

/** Somebody who watches: up to which revision its roster is right, and how many frames or answers that took. */
interface Observer {
  revision: number;
  frames: number;
}

/** A change of the channel, and the request that makes it. */
interface Coming {
  readonly user: string;
  readonly isJoin: boolean;
  readonly target: string;
}

/** Runs an order. Rejects when a summary is missing for anybody, or when rosters differ from who is there at the end. */
export async function watchIntervals(order: IntervalOrder): Promise<IntervalReport> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const fill = { kind: "fill", channel, first: 0, users: order.users, state: undefined } as const;
  await sendEach(order.port, fill, 32);
  const users = Array.from({ length: order.users }, (_, user) => userName(user));
  const summaries = new Summaries(users, await revisionOf(order.port));
  const observers: Observer[] = [];
  const links: Link[] = [];
  const late: number[] = [];
  let sender: Sender | undefined;
  const changes = changesOf(order);
  try {
    await openObservers(order, { observers, links, summaries, late, fail: failure.reject });
    const { port, changesPerSecond: perSecond } = order;
    const requests = changes.map(({ target }) => buildRequest(target, port));
    const fail = failure.reject;
    sender = startSending({ port, requests, connections: 16, perSecond, onAnswer: () => {}, fail });
    await Promise.race([pause(order.warmUpMs), failure.promise]);
    late.length = 0;
    const before = { at: performance.now(), cpu: cpuMsOf(order.pid), frames: framesOf(observers) };
    await Promise.race([pause(order.measureMs), failure.promise]);
    const seconds = (performance.now() - before.at) / 1_000;
    const frames = framesOf(observers) - before.frames;
    const serverCpuMs = cpuMsOf(order.pid) - before.cpu;
    const ascending = Float64Array.from(late).sort();
    const sent = await Promise.race([sender.finish(), failure.promise]);
    await Promise.race([settle(observers, summaries, presentAfter(order, changes, sent)), failure.promise]);
    return {
      framesPerSecond: frames / order.observers / seconds,
      serverCpuMs,
      seconds,
      lateMs: { median: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) },
      changes: sent,
      summaries: summaries.count,
    };
  } finally {
    sender?.stop();
    for (const link of links) link.drop();
  }
}

/** How many changes the channel has seen. */
async function revisionOf(port: number): Promise<number> {
  const target = `/v2/presence/sub-key/demo/channel/${channel}?disable_uuids=1&details=1&uuid=bench`;
  const answer = await askJson(port, target);
  if (typeof answer === "object" && answer !== null && "revision" in answer) return Number(answer.revision);
  throw new Error("Here now with details tells no revision.");
}

interface Watching {
  readonly observers: Observer[];
  readonly links: Link[];
  readonly summaries: Summaries;
  readonly late: number[];
  fail(error: unknown): void;
}

async function openObservers(order: IntervalOrder, watching: Watching): Promise<void> {
  const { observers, links, summaries, late } = watching;
  const open = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const observer: Observer = { revision: summaries.revision, frames: 0 };
      const user = `observer-${index}`;
      const party = { user, channel, role: "observer", wantsDetails: true } as const;
      const link = openLink({ ...order, dialect: "stream" }, party, undefined, {
        onReady: () => {
          observers.push(observer);
          resolve();
        },
        onText: (text) => {
          observer.frames++;
          try {
            for (const summary of summaries.read(text)) {
              late.push(Date.now() - summary.at);
              observer.revision = summaries.follow(observer.revision, summary, user);
            }
          } catch (error) {
            watching.fail(error);
          }
        },
        onFailure: (error) => {
          watching.fail(error);
          reject(error);
        },
      });
      links.push(link);
    });
  for (let first = 0; first < order.observers; first += observersAtOnce) {
    const count = Math.min(observersAtOnce, order.observers - first);
    await Promise.all(Array.from({ length: count }, (_, at) => open(first + at)));
  }
}

function framesOf(observers: readonly Observer[]): number {
  return observers.reduce((sum, { frames }) => sum + frames, 0);
}

/** Waits until everybody's roster is who is there. */
async function settle(
  observers: readonly Observer[],
  summaries: Summaries,
  present: ReadonlySet<string>,
): Promise<void> {
  const until = performance.now() + settleWithinMs;
  const isRight = (): boolean => {
    const { users, revision } = summaries;
    const isTruth = users.size === present.size && [...users].every((user) => present.has(user));
    return isTruth && observers.every((observer) => observer.revision === revision);
  };
  while (!isRight()) {
    if (performance.now() > until) {
      const behind = observers.filter((observer) => observer.revision !== summaries.revision).length;
      throw new Error(
        `After ${settleWithinMs} ms the rosters have ${summaries.users.size} users and not the ${present.size} ` +
          `that are there, or others; ${behind} observers are behind.`,
      );
    }
    await pause(50);
  }
}

/** One that is away comes, one that is there goes, and so on, until all are where they were. */
function changesOf({ users, wanderers }: IntervalOrder): readonly Coming[] {
  const half = wanderers / 2;
  const names = Array.from({ length: wanderers }, (_, index) =>
    userName(index < half ? Math.floor((index * users) / half) : users + index),
  );
  return names.flatMap((goes, index): Coming[] => {
    const comes = names[(index + half) % wanderers] ?? "";
    return [
      { user: comes, isJoin: true, target: heartbeatTarget(channel, comes) },
      { user: goes, isJoin: false, target: leaveTarget(channel, goes) },
    ];
  });
}

function presentAfter(order: IntervalOrder, changes: readonly Coming[], sent: number): ReadonlySet<string> {
  const present = new Set(Array.from({ length: order.users }, (_, user) => userName(user)));
  for (const { user, isJoin } of changes.slice(0, sent % changes.length)) {
    if (isJoin) present.add(user);
    else present.delete(user);
  }
  return present;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
