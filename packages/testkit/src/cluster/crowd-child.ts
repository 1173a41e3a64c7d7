/**
 * A crowd in a process of its own, so that thousands of its polls do not slow down what watches them. Started by
 * `crowd.ts`; says every step of its users' lives.
 */
import { createHttpClient } from "../http-client.ts";
import { createSeededRandom } from "../seeded-random.ts";
import { targetsOf } from "../targets.ts";
import type {
  CrowdOrder,
  CrowdPlan,
  CrowdReport,
  CrowdWord,
  LifeStep,
  NumberedOrder,
} from "./crowd-messages.ts";
import { Member } from "./member.ts";
import type { Counts, CrowdMember, Setting } from "./member-life.ts";
import { StreamMember } from "./stream-member.ts";

const comingAtOnce = 64;
const stepsEveryMs = 50;

interface Publication {
  readonly channel: string;
  readonly number: number;
  readonly sentAt: number;
}

let crowd: Crowd | undefined;

process.on("message", ({ number, order }: NumberedOrder) => {
  carryOut(order).then(
    (report) => say({ kind: "done", number, report }),
    (error: unknown) =>
      say({
        kind: "failed",
        number,
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});
process.on("disconnect", () => process.exit(0));

async function carryOut(order: CrowdOrder): Promise<CrowdReport> {
  if (order.kind === "start") {
    crowd = new Crowd(order.plan);
    await crowd.come(order.plan.users);
    crowd.publish();
    return crowd.report();
  }
  if (crowd === undefined) throw new Error("The crowd has not been started.");
  if (order.kind === "come") await crowd.come(order.count);
  else if (order.kind === "leave") await crowd.leave(order.count);
  else if (order.kind === "die") crowd.die(order.count);
  else if (order.kind === "desert") crowd.desert(order.count);
  else if (order.kind === "hush") await crowd.hush();
  else if (order.kind === "stop") crowd.stop();
  return crowd.report();
}

function say(word: CrowdWord): void {
  if (process.connected) process.send?.(word);
}

class Crowd {
  readonly #plan: CrowdPlan;
  readonly #setting: Setting;
  readonly #counts: Counts = { polls: 0, heartbeats: 0 };
  readonly #members: CrowdMember[] = [];
  readonly #failures = new Map<string, number>();
  readonly #published: Publication[] = [];
  readonly #steps: LifeStep[] = [];
  readonly #stepTimer: NodeJS.Timeout;
  #publishTimer: NodeJS.Timeout | undefined;
  #publishing: Promise<void> = Promise.resolve();
  #messages = 0;
  /** The next of the crowd to go: those who leave and those who die are never the same. */
  #nextToGo = 0;

  constructor(plan: CrowdPlan) {
    this.#plan = plan;
    const keys = { subscribe: plan.subscribeKey, publish: plan.publishKey };
    this.#setting = {
      http: createHttpClient(plan.port),
      targets: targetsOf(keys),
      random: createSeededRandom(plan.seed),
      port: plan.port,
      timeoutSeconds: plan.timeoutSeconds,
      onStep: (step) => this.#steps.push(step),
      onFailure: (what) => this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1),
    };
    this.#stepTimer = setInterval(() => this.#tell(), stepsEveryMs);
  }

  async come(count: number): Promise<void> {
    const first = this.#members.length;
    const Kind = this.#plan.transport === "stream" ? StreamMember : Member;
    for (let number = first; number < first + count; number += 1) {
      const channel = this.#plan.channels[number % this.#plan.channels.length] ?? "";
      this.#members.push(new Kind({ user: `user-${number}`, channel }, this.#setting, this.#counts));
    }
    const coming = this.#members.slice(first);
    const drive = async (): Promise<void> => {
      for (let member = coming.shift(); member !== undefined; member = coming.shift()) await member.come();
    };
    await Promise.all(Array.from({ length: comingAtOnce }, drive));
    this.#tell();
  }

  async leave(count: number): Promise<void> {
    await Promise.all(this.#goers(count).map((member) => member.leave()));
    this.#tell();
  }

  die(count: number): void {
    for (const member of this.#goers(count)) member.die();
    this.#tell();
  }

  desert(count: number): void {
    for (const member of this.#goers(count)) member.desert();
  }

  /** Publishes one numbered message after the other, to one channel after the other, each once. */
  publish(): void {
    const everyMs = 1_000 / this.#plan.messagesPerSecond;
    this.#publishTimer = setInterval(() => {
      const number = this.#messages++;
      const channel = this.#plan.channels[number % this.#plan.channels.length] ?? "";
      const target = this.#setting.targets.publish(channel, `/${number}`, { uuid: "publisher" });
      const sentAt = Date.now();
      const sent = this.#setting.http.send(target, {}).reply.then(
        ({ status }) => {
          if (status === 200) this.#published.push({ channel, number, sentAt });
          else this.#setting.onFailure(`publish ${status}`);
        },
        () => this.#setting.onFailure("publish broken off"),
      );
      this.#publishing = Promise.all([this.#publishing, sent]).then(() => {});
    }, everyMs);
  }

  async hush(): Promise<void> {
    clearInterval(this.#publishTimer);
    await this.#publishing;
  }

  stop(): void {
    clearInterval(this.#publishTimer);
    clearInterval(this.#stepTimer);
    this.#setting.http.close();
  }

  report(): CrowdReport {
    const members = this.#members.filter(({ life }) => life.stage === "seated");
    let owed = 0;
    let lost = 0;
    const lossy = new Set<string>();
    for (const { channel, number, sentAt } of this.#published) {
      for (const { life } of members) {
        if (life.channel !== channel || life.seatedAt > sentAt) continue;
        owed += 1;
        if (life.received.has(number)) continue;
        lost += 1;
        lossy.add(channel);
      }
    }
    const received = this.#members.flatMap(({ life }) => [...life.received.values()]);
    return {
      held: members.filter(({ isHeld }) => isHeld).length,
      ...this.#counts,
      failures: Object.fromEntries(this.#failures),
      published: this.#published.length,
      owed,
      delivered: received.reduce((sum, times) => sum + times, 0),
      lost,
      doubled: received.filter((times) => times > 1).length,
      lossy: [...lossy],
    };
  }

  #goers(count: number): readonly CrowdMember[] {
    const goers: CrowdMember[] = [];
    while (goers.length < count && this.#nextToGo < this.#members.length) {
      const member = this.#members[this.#nextToGo++];
      if (member?.life.stage === "seated") goers.push(member);
    }
    return goers;
  }

  #tell(): void {
    if (this.#steps.length > 0) say({ kind: "life", steps: this.#steps.splice(0) });
  }
}
