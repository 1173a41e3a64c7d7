/** Seats that all end within the same second: each end must be told once, to the observer of its channel, and in time. */
import { cpuMsOf } from "../proc.ts";
import { quantile } from "../statistics.ts";
import { openConnection, refusal } from "./connection.ts";
import { dialectOf, type Told } from "./dialects.ts";
import { type Link, openLink } from "./member-links.ts";
import { buildRequest, channelName, heartbeatTarget, userName } from "./requests.ts";
import type { ExpireOrder, ExpireReport } from "./socket-messages.ts";

const dialect = dialectOf("stream");
const connections = 64;
const observersAtOnce = 100;
/** How much before the second everything must have been prepared. */
const reserveMs = 300;
const toldWithinMs = 30_000;
/** How far the server's clock, which follows the machine's slowly, may be from ours. */
const clockSlackMs = 60;

/** A seat that was taken: its deadline lies between the two, by what we know of when the request was served. */
interface Taken {
  readonly earliest: number;
  readonly latest: number;
}

/** Runs an order. */
export async function watchExpiry(order: ExpireOrder): Promise<ExpireReport> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const from = Math.ceil((Date.now() + order.withinMs) / 1_000) * 1_000;
  const seats = order.channels * order.seatsPerChannel;
  const taken = await takeSeats(order, seats, from);
  const late: number[] = [];
  const all = Promise.withResolvers<void>();
  const links: Link[] = [];
  const told = new Set<string>();
  const hear = (channel: string, each: Told): void => {
    const now = Date.now();
    checkEnd(each, { channel, known: taken.get(each.user), isTold: told.has(each.user), now });
    told.add(each.user);
    late.push(now - (each.at ?? Number.NaN));
    if (told.size === seats) all.resolve();
  };
  try {
    await openObservers(order, links, hear, failure.reject);
    if (Date.now() > from - reserveMs)
      throw new Error(
        `${seats} seats and their observers took longer than the ${order.withinMs} ms there were.`,
      );
    await Promise.race([pause(from - Date.now()), failure.promise]);
    const before = cpuMsOf(order.pid);
    await Promise.race([all.promise, failure.promise, tooLate(() => told.size, seats)]);
    const until = Date.now();
    // Whoever is told twice is told soon.
    await Promise.race([pause(200), failure.promise]);
    const ascending = Float64Array.from(late).sort();
    return {
      lateMs: {
        median: quantile(ascending, 0.5),
        p99: quantile(ascending, 0.99),
        most: quantile(ascending, 1),
      },
      from,
      until,
      serverCpuMs: cpuMsOf(order.pid) - before,
    };
  } finally {
    for (const link of links) link.drop();
  }
}

function checkEnd(
  { action, channel, user, at }: Told,
  seen: {
    readonly channel: string;
    readonly known: Taken | undefined;
    readonly isTold: boolean;
    readonly now: number;
  },
): void {
  if (action !== "timeout") throw new Error(`${user} was told to ${action} in ${channel}.`);
  if (channel !== seen.channel) throw new Error(`The observer of ${seen.channel} was told of ${channel}.`);
  if (seen.known === undefined) throw new Error(`${user} was told to time out and was never there.`);
  if (seen.isTold) throw new Error(`${user} was told to time out twice.`);
  const { earliest, latest } = seen.known;
  if (at === undefined || at < earliest - clockSlackMs || at > latest + clockSlackMs)
    throw new Error(`${user} timed out at ${at}, and its time was up between ${earliest} and ${latest}.`);
  if (seen.now < at - clockSlackMs) throw new Error(`${user} was told to time out before its time.`);
}

/** Takes every seat, with a presence timeout such that it ends in the second that begins at `from`. */
async function takeSeats(order: ExpireOrder, seats: number, from: number): Promise<Map<string, Taken>> {
  const taken = new Map<string, Taken>();
  let next = 0;
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let seat = 0;
      let sentAt = 0;
      let seconds = 0;
      const send = (): void => {
        if (next === seats) {
          connection.drop();
          resolve();
          return;
        }
        seat = next++;
        sentAt = Date.now();
        seconds = Math.ceil((from - sentAt) / 1_000);
        if (seconds < 1) {
          reject(new Error("Taking the seats took too long."));
          return;
        }
        const target = heartbeatTarget(
          channelName(seat % order.channels),
          userName(seat),
          undefined,
          seconds,
        );
        connection.send(buildRequest(target, order.port));
      };
      const connection = openConnection(order.port, {
        onOpen: send,
        onAnswer: (status, body) => {
          if (status !== 200) return reject(refusal(status, body));
          taken.set(userName(seat), {
            earliest: sentAt + seconds * 1_000,
            latest: Date.now() + seconds * 1_000,
          });
          send();
        },
        onLost: (reason) => reject(new Error(reason)),
      });
    });
  await Promise.all(Array.from({ length: Math.min(connections, seats) }, drive));
  return taken;
}

async function openObservers(
  order: ExpireOrder,
  links: Link[],
  hear: (channel: string, told: Told) => void,
  fail: (error: unknown) => void,
): Promise<void> {
  const open = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const channel = channelName(index);
      const party = { user: `observer-${index}`, channel, role: "observer" } as const;
      const link = openLink(
        { port: order.port, dialect: "stream", transport: order.transport },
        party,
        undefined,
        {
          onReady: resolve,
          onText: (text) => {
            try {
              for (const each of dialect.told(text)) hear(channel, each);
            } catch (error) {
              fail(error);
            }
          },
          onFailure: (error) => {
            fail(error);
            reject(error);
          },
        },
      );
      links.push(link);
    });
  for (let first = 0; first < order.channels; first += observersAtOnce) {
    const count = Math.min(observersAtOnce, order.channels - first);
    await Promise.all(Array.from({ length: count }, (_, at) => open(first + at)));
  }
}

function tooLate(count: () => number, seats: number): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Only ${count()} of ${seats} ends were told within ${toldWithinMs} ms.`)),
      toldWithinMs,
    );
    timer.unref();
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
