/** Thousands of connections that act together: sit down, wait, are answered, go away. */
import { cpuMsOf } from "../proc.ts";
import { type Body, type Connection, openConnection, refusal } from "./connection.ts";
import type { CrowdReport, EachOrder, OpenOrder, Plan, ReleaseOrder } from "./messages.ts";
import { buildRequests, channelName } from "./requests.ts";

const openingAtOnce = 128;
const deadlineMs = 120_000;
const restMs = 300;

/** A crowd of connections to one server. */
export interface Crowd {
  hold(plan: Plan): Promise<CrowdReport>;
  release(plan: Plan, expect: (index: number) => readonly string[]): Promise<CrowdReport>;
  abort(): Promise<CrowdReport>;
}

interface Member {
  readonly connection: Connection;
  onAnswer: (status: number, body: Body) => void;
  onLost: (reason: string) => void;
  /** Why the connection is no more; `undefined` while it is. */
  lost: string | undefined;
}

/** Opens a crowd, a wave at a time so that the server's backlog holds it. */
export async function openCrowd(order: OpenOrder): Promise<{ crowd: Crowd; report: CrowdReport }> {
  const requests = buildRequests(order.plan, order.port);
  const members: Member[] = [];
  const report = await measure(order.pid, async () => {
    while (members.length < requests.length) {
      const wave = requests.slice(members.length, members.length + openingAtOnce);
      members.push(...(await Promise.all(wave.map((request) => openMember(order.port, request)))));
    }
    return { count: members.length, spreadMs: 0 };
  });
  return { crowd: createCrowd(order, members), report };
}

function createCrowd(order: OpenOrder, members: readonly Member[]): Crowd {
  const { port, pid } = order;
  const sendAll = (plan: Plan): void => {
    const lost = members.find((member) => member.lost !== undefined)?.lost;
    if (lost !== undefined) throw new Error(lost);
    const requests = buildRequests(plan, port);
    members.forEach((member, index) => {
      const request = requests[index];
      if (request !== undefined) member.connection.send(request);
    });
  };
  return {
    hold: (plan) =>
      measure(pid, async () => {
        const early = Promise.withResolvers<never>();
        for (const member of members) {
          member.onAnswer = (status, body) => early.reject(tooEarly(refusal(status, body)));
          member.onLost = (reason) => early.reject(new Error(reason));
        }
        sendAll(plan);
        await Promise.race([restOf(pid), early.promise]);
        return { count: members.length, spreadMs: 0 };
      }),
    release: (plan, expect) =>
      measure(pid, async () => {
        const answers = collect(members, expect);
        const [collected] = await Promise.all([answers, sendEach(port, plan, 4)]);
        return collected;
      }),
    abort: () =>
      measure(pid, async () => {
        for (const member of members) member.connection.drop();
        await restOf(pid);
        return { count: members.length, spreadMs: 0 };
      }),
  };
}

function tooEarly(error: Error): Error {
  return new Error(`A poll was answered although nothing had happened. ${error.message}`);
}

/** Sends every request of a plan, in order, over a few connections; gives the number of answers. */
export async function sendEach(
  port: number,
  plan: Plan,
  connections: number,
  { times = 1, otherPorts = [] }: Pick<EachOrder, "times" | "otherPorts"> = {},
): Promise<number> {
  const requests = buildRequests(plan, port);
  const ports = [port, ...otherPorts];
  const total = requests.length * times;
  let next = 0;
  let answers = 0;
  const drive = (_: unknown, index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const sendNext = (): void => {
        const request = next < total ? requests[next++ % requests.length] : undefined;
        if (request !== undefined) {
          connection.send(request);
          return;
        }
        connection.drop();
        resolve();
      };
      const connection = openConnection(ports[index % ports.length] ?? port, {
        onOpen: sendNext,
        onAnswer: (status, body) => {
          if (status !== 200) return reject(refusal(status, body));
          answers++;
          sendNext();
        },
        onLost: (reason) => reject(new Error(reason)),
      });
    });
  await Promise.all(Array.from({ length: Math.min(connections, total) }, drive));
  return answers;
}

/** Opens a connection and has one request answered on it. */
function openMember(port: number, request: Buffer): Promise<Member> {
  return new Promise((resolve, reject) => {
    const member: Member = {
      connection: openConnection(port, {
        onOpen: () => member.connection.send(request),
        onAnswer: (status, body) => member.onAnswer(status, body),
        onLost: (reason) => {
          member.lost = reason;
          member.onLost(reason);
        },
      }),
      onAnswer: (status, body) => {
        if (status === 200) resolve(member);
        else reject(refusal(status, body));
      },
      onLost: (reason) => reject(new Error(reason)),
      lost: undefined,
    };
  });
}

/** Waits for one right answer on every connection. */
function collect(
  members: readonly Member[],
  expect: (index: number) => readonly string[],
): Promise<{ count: number; spreadMs: number }> {
  return new Promise((resolve, reject) => {
    let count = 0;
    let firstAt = 0;
    const timer = setTimeout(
      () => reject(new Error(`Only ${count} of ${members.length} answers came in ${deadlineMs} ms.`)),
      deadlineMs,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    members.forEach((member, index) => {
      const wanted = expect(index);
      let isAnswered = false;
      member.onLost = (reason) => fail(new Error(reason));
      member.onAnswer = (status, body) => {
        const text = body.bytes.toString("utf8", body.start, body.end);
        if (status !== 200) return fail(refusal(status, body));
        if (isAnswered) return fail(new Error(`Connection ${index} was answered twice.`));
        const missing = wanted.find((part) => !text.includes(part));
        if (missing !== undefined)
          return fail(new Error(`An answer lacks ${missing}: ${text.slice(0, 300)}`));
        isAnswered = true;
        count++;
        if (count === 1) firstAt = performance.now();
        if (count < members.length) return;
        clearTimeout(timer);
        resolve({ count, spreadMs: performance.now() - firstAt });
      };
    });
  });
}

/** Waits until a process has used no CPU time to speak of for a while. */
async function restOf(pid: number): Promise<void> {
  const until = performance.now() + deadlineMs;
  let before = cpuMsOf(pid);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const now = cpuMsOf(pid);
    if (now - before <= 10) return;
    if (performance.now() > until) throw new Error(`The server did not come to rest in ${deadlineMs} ms.`);
    before = now;
  }
}

async function measure(
  pid: number,
  run: () => Promise<{ count: number; spreadMs: number }>,
): Promise<CrowdReport> {
  const cpuBefore = cpuMsOf(pid);
  const startedAt = performance.now();
  const { count, spreadMs } = await run();
  return {
    count,
    spreadMs,
    serverCpuMs: cpuMsOf(pid) - cpuBefore,
    elapsedMs: performance.now() - startedAt,
  };
}

/** What each answer of a release must contain, with the connection's own channel filled in. */
export function expectationOf(order: ReleaseOrder): (index: number) => readonly string[] {
  return (index) => {
    const channel = channelName((order.first + index) % order.channels);
    return order.expect.map((part) => part.replaceAll("CHANNEL", channel));
  };
}
