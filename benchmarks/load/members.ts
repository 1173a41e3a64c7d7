/** Thousands of members, each on a socket of its own: they come, rest, are cut off, and come back. */
import { cpuMsOf } from "../proc.ts";
import { dialectOf, type Party } from "./dialects.ts";
import { channelName, userName } from "./requests.ts";
import { type ClientSocket, openSocket } from "./socket.ts";
import type { MembersOrder, MembersReport, RestReport, ReturnReport } from "./socket-messages.ts";
import { eachUnit } from "./units.ts";

const openingAtOnce = 128;
const quietMs = 500;
const quietWithinMs = 60_000;

interface Member {
  readonly party: Party;
  socket: ClientSocket;
  /** Whom it was told of, others than itself, with what came last. */
  readonly told: Map<string, string>;
}

/** Members that are there. */
export interface Members {
  rest(ms: number): Promise<RestReport>;
  /** Cuts everybody off at once; everybody comes back, evenly over some time. */
  cutAndReturn(withinMs: number): Promise<ReturnReport>;
  drop(): void;
}

/** Opens all members, a wave at a time, and waits until nobody is told anything any more. */
export async function openMembers(order: MembersOrder): Promise<{ members: Members; report: MembersReport }> {
  const dialect = dialectOf(order.dialect);
  const members: Member[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let lastToldAt = performance.now();
  let toldCount = 0;

  const open = (party: Party, member: Member | undefined): Promise<Member> =>
    new Promise((resolve) => {
      let isReady = false;
      const opened: Member = member ?? { party, socket: { send: () => {}, drop: () => {} }, told: new Map() };
      const socket = openSocket(order.port, dialect.target(party), {
        onOpen: () => {
          for (const frame of dialect.greet(party)) socket.send(frame);
        },
        onLost: (reason) => failure.reject(new Error(`${party.user}: ${reason}`)),
        onFrame: (bytes, start, end) => {
          const frame = bytes.toString("utf8", start, end);
          const pong = dialect.pong(frame);
          if (pong !== undefined) return socket.send(pong);
          try {
            if (isReady)
              return eachUnit(bytes, start, end, dialect.hasLines, (from, to) =>
                hear(opened, bytes.toString("utf8", from, to)),
              );
            const step = dialect.proceed(party, frame);
            for (const next of step.send) socket.send(next);
            if (!step.isReady) return;
            isReady = true;
            resolve(opened);
          } catch (error) {
            failure.reject(error);
          }
        },
      });
      opened.socket = socket;
    });
  const hear = (member: Member, unit: string): void => {
    for (const { action, user } of dialect.told(unit)) {
      if (user === member.party.user) continue;
      lastToldAt = performance.now();
      toldCount++;
      member.told.set(user, action);
    }
  };
  const quiet = async (): Promise<void> => {
    const until = performance.now() + quietWithinMs;
    while (performance.now() - lastToldAt < quietMs) {
      if (performance.now() > until) throw new Error("The members are told things without end.");
      await Promise.race([pause(50), failure.promise]);
    }
  };

  const startedAt = performance.now();
  const cpuBefore = cpuMsOf(order.pid);
  for (let first = 0; first < order.members; first += openingAtOnce) {
    const wave = Array.from({ length: Math.min(openingAtOnce, order.members - first) }, (_, at) => {
      const index = order.first + first + at;
      return open(
        { user: userName(index), channel: channelName(index % order.channels), role: "member" },
        undefined,
      );
    });
    members.push(...(await Promise.race([Promise.all(wave), failure.promise])));
  }
  const openedMs = performance.now() - startedAt;
  await quiet();
  if (order.isTold) verifyTold(members, order);
  return {
    members: {
      rest: async (ms) => {
        const before = cpuMsOf(order.pid);
        const from = performance.now();
        await Promise.race([pause(ms), failure.promise]);
        return { serverCpuMs: cpuMsOf(order.pid) - before, seconds: (performance.now() - from) / 1000 };
      },
      cutAndReturn: async (withinMs) => {
        const toldBefore = toldCount;
        const before = cpuMsOf(order.pid);
        const from = performance.now();
        for (const { socket } of members) socket.drop();
        const returning: Promise<Member>[] = [];
        while (returning.length < members.length) {
          const wanted = Math.min(
            members.length,
            Math.ceil(((performance.now() - from) / withinMs) * members.length),
          );
          for (let index = returning.length; index < wanted; index++) {
            const member = members[index];
            if (member !== undefined) returning.push(open(member.party, member));
          }
          await Promise.race([pause(2), failure.promise]);
        }
        await Promise.race([Promise.all(returning), failure.promise]);
        const servedMs = performance.now() - from;
        lastToldAt = performance.now();
        await quiet();
        return { servedMs, toldFalsely: toldCount - toldBefore, serverCpuMs: cpuMsOf(order.pid) - before };
      },
      drop: () => {
        for (const { socket } of members) socket.drop();
      },
    },
    report: {
      members: members.length,
      openedMs,
      told: toldCount,
      serverCpuMs: cpuMsOf(order.pid) - cpuBefore,
    },
  };
}

/** Everybody was told of everybody who came to its channel in a later wave, and of nobody else's channel. */
function verifyTold(members: readonly Member[], order: MembersOrder): void {
  for (const [at, { party, told }] of members.entries()) {
    for (let later = at + order.channels; later < members.length; later += order.channels) {
      const user = members[later]?.party.user ?? "";
      if (Math.floor(later / openingAtOnce) > Math.floor(at / openingAtOnce) && told.get(user) !== "join")
        throw new Error(`${party.user} was not told that ${user} has come.`);
    }
    for (const user of told.keys()) {
      const index = Number.parseInt(user.slice("user-".length), 36);
      if (channelName(index % order.channels) !== party.channel)
        throw new Error(`${party.user} was told of ${user}, who is in another channel.`);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
