/**
 * One user of a crowd: takes a seat, polls on and on, heartbeats at half its timeout less a second, and comes back
 * after every error with the jittered, doubling delays of an SDK. Names its device in everything it sends.
 */
import type { HttpClient } from "../http-client.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Targets } from "../targets.ts";
import type { HeldPoll, Reply } from "../worlds/world.ts";
import type { LifeStep, Stage } from "./crowd-messages.ts";
import { backoffMs, nameOf, patienceMs, triesMax } from "./member-ways.ts";

/** What all members of a crowd share. */
export interface Setting {
  readonly http: HttpClient;
  readonly targets: Targets;
  readonly random: SeededRandom;
  /** The balancer's. */
  readonly port: number;
  readonly timeoutSeconds: number;
  /** Told of every step of every life. */
  onStep(step: LifeStep): void;
  onFailure(what: string): void;
}

/** How often members asked for something. */
export interface Counts {
  polls: number;
  heartbeats: number;
}

const youngPollMs = 3_000;

/** A user of a crowd, however it is told what happens. */
export interface CrowdMember {
  readonly user: string;
  readonly channel: string;
  /** How often each numbered message was delivered. */
  readonly received: ReadonlyMap<number, number>;
  readonly stage: Stage;
  /** When it was seated, in milliseconds since 1970; 0 before. */
  readonly seatedAt: number;
  /** Whether its poll is out or its stream ready. */
  readonly isHeld: boolean;
  /** Takes the seat and keeps it; resolves when it has been told that it is seated. */
  come(): Promise<void>;
  /** Says that it leaves, and tries again as an SDK does. When nobody listens, it is as good as dead. */
  leave(): Promise<void>;
  /** Falls silent without a word. */
  die(): void;
  /** Will die when its poll fails or its stream ends. */
  desert(): void;
}

/** A user of a crowd who polls. */
export class Member implements CrowdMember {
  readonly user: string;
  readonly channel: string;
  readonly received: Map<number, number> = new Map();
  stage: Stage = "coming";
  seatedAt = 0;
  readonly #setting: Setting;
  readonly #counts: Counts;
  readonly #heartbeatMs: number;
  /** Requests that have not been answered yet. */
  readonly #open = new Set<HeldPoll>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #poll: HeldPoll | undefined;
  #polledAt = 0;
  #renewedAt = 0;
  #sentAt = 0;
  #isDeserter = false;

  constructor(name: { readonly user: string; readonly channel: string }, setting: Setting, counts: Counts) {
    this.user = name.user;
    this.channel = name.channel;
    this.#setting = setting;
    this.#counts = counts;
    this.#heartbeatMs = Math.max(500, (setting.timeoutSeconds / 2 - 1) * 1_000);
  }

  get isHeld(): boolean {
    return this.#poll !== undefined;
  }

  async come(): Promise<void> {
    this.#step("coming");
    const cursor = await this.#untilAnswered(() => this.#subscribe("0"));
    if (cursor === undefined) return;
    this.seatedAt = Date.now();
    this.#step("seated");
    void this.#pollOn(cursor);
    // Spread over the interval, as the heartbeats of people who came one after the other are.
    this.#after(this.#setting.random.below(this.#heartbeatMs), () => void this.#beat());
  }

  async leave(): Promise<void> {
    this.#fallSilent();
    this.#step("leaving");
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const target = this.#setting.targets.presence(
        `/channel/${encodeURIComponent(this.channel)}/leave`,
        this.#who(),
      );
      const reply = await this.#ask(target, this.#patienceMs());
      if (reply?.status === 200) {
        this.#step("left");
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#backoff(tries, reply)));
    }
    this.#step("dead", { isUncertain: true });
  }

  die(): void {
    // A poll renews when it arrives; one that has been out for a while has arrived.
    const isPollYoung = this.#poll !== undefined && Date.now() - this.#polledAt < youngPollMs;
    const isUncertain = isPollYoung || [...this.#open].some((request) => request !== this.#poll);
    this.#fallSilent();
    this.#step("dead", { isUncertain });
  }

  desert(): void {
    this.#isDeserter = true;
  }

  #fallSilent(): void {
    this.stage = "leaving";
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const request of this.#open) request.drop();
    this.#poll = undefined;
  }

  async #pollOn(from: string): Promise<void> {
    for (let cursor: string | undefined = from; cursor !== undefined && this.#isThere(); ) {
      const after: string = cursor;
      cursor = await this.#untilAnswered(() => this.#subscribe(after));
    }
  }

  async #beat(): Promise<void> {
    const target = this.#setting.targets.presence(
      `/channel/${encodeURIComponent(this.channel)}/heartbeat`,
      this.#timed(),
    );
    const dueAt = performance.now() + this.#heartbeatMs;
    // After the last try the next heartbeat comes when it is due, however long nobody has listened.
    for (let tries = 1; tries <= triesMax && this.#isThere(); tries += 1) {
      this.#counts.heartbeats += 1;
      const sentAt = Date.now();
      this.#sentAt = sentAt;
      const reply = await this.#ask(target, this.#patienceMs());
      if (reply?.status === 200) {
        this.#renewedAt = Math.max(this.#renewedAt, sentAt);
        break;
      }
      await this.#pause(this.#backoff(tries, reply));
    }
    this.#after(Math.max(0, dueAt - performance.now()), () => void this.#beat());
  }

  /** One subscribe; the cursor to go on from, or what came instead. */
  async #subscribe(
    cursor: string,
  ): Promise<{ readonly cursor?: string; readonly reply?: Reply | undefined }> {
    this.#counts.polls += 1;
    const query = { ...this.#timed(), tt: cursor, tr: cursor === "0" ? undefined : 1 };
    const sentAt = Date.now();
    this.#sentAt = sentAt;
    const isPoll = cursor !== "0";
    const reply = await this.#ask(
      this.#setting.targets.subscribe(this.channel, query),
      isPoll ? 310_000 : 10_000,
      isPoll,
    );
    if (reply?.status !== 200) return { reply };
    const answer = reply.json as {
      readonly t: { readonly t: string };
      readonly m: readonly { readonly d: unknown }[];
    };
    if (cursor === "0") this.#renewedAt = Math.max(this.#renewedAt, sentAt);
    for (const { d } of answer.m) {
      if (typeof d === "number") this.received.set(d, (this.received.get(d) ?? 0) + 1);
    }
    return { cursor: answer.t.t };
  }

  async #untilAnswered(
    ask: () => Promise<{ readonly cursor?: string; readonly reply?: Reply | undefined }>,
  ): Promise<string | undefined> {
    for (let failures = 1; this.#isThere(); failures += 1) {
      const { cursor, reply } = await ask();
      if (cursor !== undefined) return cursor;
      if (this.#isDeserter && this.#isThere()) this.die();
      await this.#pause(this.#backoff(failures, reply));
    }
    return undefined;
  }

  async #ask(target: string, withinMs: number, isPoll = false): Promise<Reply | undefined> {
    const request = this.#setting.http.send(target, {});
    this.#open.add(request);
    if (isPoll) {
      this.#poll = request;
      this.#polledAt = Date.now();
    }
    const timer = setTimeout(() => request.drop(), withinMs);
    try {
      const reply = await request.reply;
      if (reply.status !== 200) this.#setting.onFailure(String(reply.status));
      return reply;
    } catch (error) {
      if (this.#isThere()) this.#setting.onFailure(nameOf(error));
      return undefined;
    } finally {
      clearTimeout(timer);
      this.#open.delete(request);
      if (this.#poll === request) this.#poll = undefined;
    }
  }

  #isThere(): boolean {
    return this.stage === "coming" || this.stage === "seated";
  }

  #who(): { readonly uuid: string; readonly instanceid: string } {
    return { uuid: this.user, instanceid: `device-of-${this.user}` };
  }

  #timed(): Record<string, string | number> {
    return { ...this.#who(), heartbeat: this.#setting.timeoutSeconds };
  }

  #patienceMs(): number {
    return patienceMs(this.#setting);
  }

  #backoff(failures: number, reply: Reply | undefined): number {
    return backoffMs(this.#setting.random, failures, reply?.headers["retry-after"]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#after(ms, resolve));
  }

  #after(ms: number, run: () => void): void {
    if (!this.#isThere()) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #step(stage: Stage, { isUncertain }: { readonly isUncertain: boolean } = { isUncertain: false }): void {
    this.stage = stage;
    const { user, channel } = this;
    this.#setting.onStep({
      user,
      channel,
      stage,
      at: Date.now(),
      renewedAt: this.#renewedAt,
      sentAt: this.#sentAt,
      isUncertain,
      closedAt: undefined,
    });
  }
}
