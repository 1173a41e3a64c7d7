/**
 * What users of a crowd live alike, however they are told what happens: the steps of their lives, when their seats were
 * last renewed, the requests they send and the timers they wait by. Names its user's device in everything it sends.
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

/** A user of a crowd, however it is told what happens. */
export interface CrowdMember {
  readonly life: MemberLife;
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

/** Who a user is, and where it sits. */
export interface MemberName {
  readonly user: string;
  readonly channel: string;
}

/** A user's life. */
export class MemberLife {
  readonly user: string;
  readonly channel: string;
  readonly setting: Setting;
  /** How often each numbered message was delivered. */
  readonly received: Map<number, number> = new Map();
  stage: Stage = "coming";
  /** When it was seated, in milliseconds since 1970; 0 before. */
  seatedAt = 0;
  readonly #counts: Counts;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Requests that have not been answered yet. */
  readonly #open = new Set<HeldPoll>();
  #renewedAt = 0;
  #sentAt = 0;
  #beating = 0;

  constructor({ user, channel }: MemberName, setting: Setting, counts: Counts) {
    this.user = user;
    this.channel = channel;
    this.setting = setting;
    this.#counts = counts;
  }

  /** Whether it has, or is to have, a seat. */
  get isThere(): boolean {
    return this.stage === "coming" || this.stage === "seated";
  }

  /** Whether a heartbeat is under way, and may take the seat later on. */
  get isBeating(): boolean {
    return this.#beating > 0;
  }

  /** What it says of itself in a query. */
  who(): { readonly uuid: string; readonly instanceid: string } {
    return { uuid: this.user, instanceid: `device-of-${this.user}` };
  }

  /** As `who`, with the presence timeout that it asks for. */
  timed(): Record<string, string | number> {
    return { ...this.who(), heartbeat: this.setting.timeoutSeconds };
  }

  /** Takes a step, and says so. */
  step(stage: Stage, more: Partial<Pick<LifeStep, "isUncertain" | "closedAt">> = {}): void {
    this.stage = stage;
    if (stage === "seated") this.seatedAt = Date.now();
    const { user, channel } = this;
    this.setting.onStep({
      ...{ user, channel, stage, at: Date.now(), renewedAt: this.#renewedAt, sentAt: this.#sentAt },
      ...{ isUncertain: false, closedAt: undefined },
      ...more,
    });
  }

  /** Notes that something that may renew the seat has been sent. */
  noteSent(at: number): void {
    this.#sentAt = Math.max(this.#sentAt, at);
  }

  /** Notes that the seat has been renewed by something that was sent then. */
  noteRenewed(at: number): void {
    this.#renewedAt = Math.max(this.#renewedAt, at);
  }

  /** Notes the numbered messages among what was delivered. */
  noteItems(items: readonly { readonly d: unknown }[]): void {
    for (const { d } of items) {
      if (typeof d === "number") this.received.set(d, (this.received.get(d) ?? 0) + 1);
    }
  }

  /** Counts a subscribe or the opening of a stream. */
  countPoll(): void {
    this.#counts.polls += 1;
  }

  /** Does something later, unless it has gone by then. */
  after(ms: number, run: () => void): void {
    if (!this.isThere) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  /** Resolves later, and never when it has gone by then. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Stops everything that it does: no timer runs out any more, and no request is waited for. */
  fallSilent(): void {
    this.stage = "leaving";
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const dropped = [...this.#open];
    this.#open.clear();
    for (const request of dropped) request.drop();
  }

  /** Sends a request; resolves with its answer, or with nothing when none comes in time. */
  async ask(target: string, withinMs: number = patienceMs(this.setting)): Promise<Reply | undefined> {
    const request = this.setting.http.send(target, {});
    this.#open.add(request);
    const timer = setTimeout(() => request.drop(), withinMs);
    try {
      const reply = await request.reply;
      if (reply.status !== 200) this.setting.onFailure(String(reply.status));
      return reply;
    } catch (error) {
      if (this.#open.has(request)) this.setting.onFailure(nameOf(error));
      return undefined;
    } finally {
      clearTimeout(timer);
      this.#open.delete(request);
    }
  }

  /** How long to wait after so many failures in a row, in milliseconds. */
  backoff(failures: number, retryAfter: string | undefined): number {
    return backoffMs(this.setting.random, failures, retryAfter);
  }

  /** Sends heartbeats from now on, at half the timeout less a second, whenever they are needed at that moment. */
  beatOn(isNeeded: () => boolean): void {
    const everyMs = Math.max(500, (this.setting.timeoutSeconds / 2 - 1) * 1_000);
    const run = async (): Promise<void> => {
      const dueAt = performance.now() + everyMs;
      await this.#beat(isNeeded);
      this.after(Math.max(0, dueAt - performance.now()), () => void run());
    };
    // Spread over the interval, as the heartbeats of people who came one after the other are.
    this.after(this.setting.random.below(everyMs), () => void run());
  }

  /** One heartbeat. After the last try the next one comes when it is due, however long nobody has listened. */
  async #beat(isNeeded: () => boolean): Promise<void> {
    this.#beating += 1;
    for (let tries = 1; tries <= triesMax && this.isThere && isNeeded(); tries += 1) {
      this.#counts.heartbeats += 1;
      const sentAt = Date.now();
      this.noteSent(sentAt);
      const reply = await this.ask(this.#target("heartbeat", this.timed()));
      if (reply?.status === 200) {
        this.noteRenewed(sentAt);
        break;
      }
      await this.pause(this.backoff(tries, reply?.headers["retry-after"]));
    }
    this.#beating -= 1;
  }

  /** Leaves by a request; the last step of its life says whether anybody listened. */
  async leaveByRequest(): Promise<void> {
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const reply = await this.ask(this.#target("leave", this.who()));
      if (reply?.status === 200) {
        this.step("left");
        return;
      }
      const ms = this.backoff(tries, reply?.headers["retry-after"]);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    this.step("dead", { isUncertain: true });
  }

  #target(what: "heartbeat" | "leave", query: Record<string, string | number>): string {
    const path = `/channel/${encodeURIComponent(this.channel)}/${what}`;
    return this.setting.targets.presence(path, query);
  }
}
