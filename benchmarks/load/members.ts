/** Thousands of members, each on a connection of its own: they come, rest, are cut off, and come back. */
import { cpuMsOf } from "../proc.ts";
import { sendEach } from "./crowd.ts";
import { dialectOf, type Party, type Told } from "./dialects.ts";
import { type Link, openLink } from "./member-links.ts";
import { channelName, userName } from "./requests.ts";
import type {
  MembersOrder,
  MembersReport,
  RestReport,
  ReturnOrder,
  ReturnReport,
} from "./socket-messages.ts";

const openingAtOnce = 128;
const quietMs = 500;
const quietWithinMs = 60_000;
const proof = "all-are-back";
const proofWithinMs = 30_000;
const unlinked: Link = { drop: () => {} };

interface Member {
  readonly party: Party;
  link: Link;
  /** Where it goes on when it has been cut off. */
  cursor: string | undefined;
  /** Whom it was told of, others than itself, with what came last. */
  readonly told: Map<string, string>;
  /** Messages of proof that it was told. */
  proofs: number;
}

/** Members that are there. */
export interface Members {
  rest(ms: number): Promise<RestReport>;
  /** Cuts everybody off at once; everybody comes back, evenly over some time. */
  cutAndReturn(order: ReturnOrder): Promise<ReturnReport>;
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

  const open = (member: Member): Promise<Member> =>
    new Promise((resolve) => {
      member.link = openLink(order, member.party, member.cursor, {
        onReady: () => resolve(member),
        onText: (text) => hear(member, dialect.told(text), text),
        onCursor: (cursor) => {
          member.cursor = cursor;
        },
        onFailure: failure.reject,
      });
    });
  const hear = (member: Member, told: readonly Told[], text: string): void => {
    if (told.length === 0 && text.includes(proof)) member.proofs++;
    for (const { action, user } of told) {
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
      const channel = channelName(index % order.channels);
      const party: Party = { user: userName(index), channel, role: "member" };
      return open({ party, link: unlinked, cursor: undefined, told: new Map(), proofs: 0 });
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
      cutAndReturn: async ({ withinMs, provesService }) => {
        const toldBefore = toldCount;
        const before = cpuMsOf(order.pid);
        const from = performance.now();
        for (const { link } of members) link.drop();
        const returning: Promise<Member>[] = [];
        while (returning.length < members.length) {
          const wanted = Math.min(
            members.length,
            Math.ceil(((performance.now() - from) / withinMs) * members.length),
          );
          for (let index = returning.length; index < wanted; index++) {
            const member = members[index];
            if (member !== undefined) returning.push(open(member));
          }
          await Promise.race([pause(2), failure.promise]);
        }
        await Promise.race([Promise.all(returning), failure.promise]);
        const servedMs = performance.now() - from;
        lastToldAt = performance.now();
        await quiet();
        const serverCpuMs = cpuMsOf(order.pid) - before;
        if (provesService) await Promise.race([proveService(members, order), failure.promise]);
        return { servedMs, toldFalsely: toldCount - toldBefore, serverCpuMs };
      },
      drop: () => {
        for (const { link } of members) link.drop();
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

/** Publishes a message to each channel: every member must be told of it once. */
async function proveService(members: readonly Member[], order: MembersOrder): Promise<void> {
  const plan = { kind: "publishes", channels: order.channels, text: proof } as const;
  await sendEach(order.port, plan, 8);
  const until = performance.now() + proofWithinMs;
  while (members.some((member) => member.proofs === 0) && performance.now() < until) await pause(50);
  await pause(quietMs);
  const unserved = members.filter((member) => member.proofs !== 1);
  if (unserved.length === 0) return;
  throw new Error(
    `${unserved.length} members were not told once of a message after their return: ` +
      `${unserved[0]?.party.user} was told ${unserved[0]?.proofs} times.`,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
