/**
 * One user of a crowd who holds a stream: the open connection keeps the seat. Goes elsewhere from its cursor when the
 * stream closes, does not answer or is asked to move, heartbeats by requests only while it has none, and waits between
 * tries as an SDK does. Names its device in everything it sends.
 */
import type { Reply } from "../worlds/world.ts";
import type { LifeStep, Stage } from "./crowd-messages.ts";
import { type LightStream, openLightStream, type StreamEnd } from "./light-stream.ts";
import type { Counts, CrowdMember, Setting } from "./member.ts";
import { backoffMs, nameOf, patienceMs, triesMax } from "./member-ways.ts";

const goingAway = 1001;
/** Those who are sent away by a node that goes come back within so many milliseconds. */
const spreadMs = 1_000;
const leaveId = 1;
/** Nodes renew the seats of their streams at a third of the time for which those stand, and may be so late. */
const renewalLateMs = 500;

/** A user of a crowd who holds a stream. */
export class StreamMember implements CrowdMember {
  readonly user: string;
  readonly channel: string;
  readonly received: Map<number, number> = new Map();
  stage: Stage = "coming";
  seatedAt = 0;
  readonly #setting: Setting;
  readonly #counts: Counts;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stream: LightStream | undefined;
  #isReady = false;
  #cursor = "0";
  #failures = 0;
  #openedAt = 0;
  #renewedAt = 0;
  #sentAt = 0;
  #beating = 0;
  #isDeserter = false;
  #onSeated: (() => void) | undefined;
  #onLeft: ((isAcknowledged: boolean) => void) | undefined;

  constructor(name: { readonly user: string; readonly channel: string }, setting: Setting, counts: Counts) {
    this.user = name.user;
    this.channel = name.channel;
    this.#setting = setting;
    this.#counts = counts;
  }

  get isHeld(): boolean {
    return this.#isReady;
  }

  async come(): Promise<void> {
    this.#step("coming");
    const seated = new Promise<void>((resolve) => {
      this.#onSeated = resolve;
    });
    this.#open();
    await seated;
    this.#beatLater(this.#setting.random.below(this.#heartbeatMs()));
  }

  async leave(): Promise<void> {
    this.#step("leaving");
    this.#stopTimers();
    if (await this.#leaveByStream()) {
      this.#end();
      this.#step("left");
      return;
    }
    this.#end();
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const reply = await this.#request("leave");
      if (reply?.status === 200) {
        this.#step("left");
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#backoff(tries, reply)));
    }
    this.#step("dead", { isUncertain: true });
  }

  die(): void {
    const isUncertain = this.#isUncertain();
    const closedAt = this.#stream === undefined ? undefined : Date.now();
    this.#fallSilent();
    this.#step("dead", { isUncertain, closedAt });
  }

  desert(): void {
    this.#isDeserter = true;
    if (!this.#isReady) this.die();
  }

  /** A request or an opening that is under way may take the seat later on. */
  #isUncertain(): boolean {
    return this.#beating > 0 || (this.#stream !== undefined && !this.#isReady);
  }

  #fallSilent(): void {
    if (this.#isReady) this.#noteAlive();
    this.stage = "leaving";
    this.#stopTimers();
    this.#end();
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #end(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#isReady = false;
  }

  #open(): void {
    this.#counts.polls += 1;
    this.#openedAt = Date.now();
    this.#sentAt = this.#openedAt;
    const { targets, port, timeoutSeconds } = this.#setting;
    const query = { ...this.#who(), tt: this.#cursor, tr: this.#cursor === "0" ? undefined : 1 };
    const target = targets.stream(this.channel, query);
    this.#stream = openLightStream<unknown>(
      { port, target, silenceMs: timeoutSeconds * 200 },
      {
        onReady: (cursor, id) => this.#onReady(cursor, id),
        onItems: (items, cursor) => {
          for (const { d } of items) {
            if (typeof d === "number") this.received.set(d, (this.received.get(d) ?? 0) + 1);
          }
          this.#cursor = cursor;
        },
        onEnd: (end) => this.#onEnd(end),
      },
    );
  }

  #onReady(cursor: string, id: number): void {
    if (id === leaveId) {
      this.#onLeft?.(true);
      return;
    }
    this.#isReady = true;
    this.#failures = 0;
    this.#renewedAt = Math.max(this.#renewedAt, this.#openedAt);
    if (this.#cursor === "0") this.#cursor = cursor;
    if (this.stage !== "coming") return;
    this.seatedAt = Date.now();
    this.#step("seated");
    this.#onSeated?.();
  }

  #onEnd(end: StreamEnd): void {
    if (this.#isReady && end.how !== "silent") this.#noteAlive();
    const wasReady = this.#isReady;
    this.#isReady = false;
    this.#stream = undefined;
    if (end.how !== "moved") this.#setting.onFailure(this.#name(end));
    this.#onLeft?.(false);
    if (!this.#isThere()) return;
    if (this.#isDeserter && wasReady) {
      this.#fallSilent();
      this.#step("dead");
      return;
    }
    this.#after(this.#pauseMs(end), () => this.#open());
  }

  #name(end: StreamEnd): string {
    if (end.how === "refused") return String(end.status);
    return end.how === "closed" ? `closed ${end.code}` : end.how;
  }

  /** At once where it was asked to move: the server has spread those. */
  #pauseMs(end: StreamEnd): number {
    if (end.how === "moved") return 0;
    if (end.how === "closed" && end.code === goingAway) return this.#setting.random.below(spreadMs);
    this.#failures += 1;
    const retryAfter = end.how === "refused" ? end.retryAfter : undefined;
    return backoffMs(this.#setting.random, this.#failures, retryAfter);
  }

  /** Its stream was there until now: the seat was renewed not long ago, and may have been just now. */
  #noteAlive(): void {
    const now = Date.now();
    this.#sentAt = Math.max(this.#sentAt, now);
    const sinceRenewalMs = (this.#setting.timeoutSeconds * 1_000) / 3 + renewalLateMs;
    this.#renewedAt = Math.max(this.#renewedAt, now - sinceRenewalMs);
  }

  async #leaveByStream(): Promise<boolean> {
    if (!this.#isReady) return false;
    this.#noteAlive();
    const left = new Promise<boolean>((resolve) => {
      this.#onLeft = resolve;
      setTimeout(() => resolve(false), patienceMs(this.#setting));
    });
    this.#stream?.send({ id: leaveId, leave: { channels: this.channel } });
    return await left;
  }

  #beatLater(ms: number): void {
    this.#after(ms, () => {
      this.#beatLater(this.#heartbeatMs());
      if (!this.#isReady) void this.#beat();
    });
  }

  async #beat(): Promise<void> {
    this.#beating += 1;
    for (let tries = 1; tries <= triesMax && this.#isThere() && !this.#isReady; tries += 1) {
      this.#counts.heartbeats += 1;
      const sentAt = Date.now();
      this.#sentAt = sentAt;
      const reply = await this.#request("heartbeat");
      if (reply?.status === 200) {
        this.#renewedAt = Math.max(this.#renewedAt, sentAt);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#backoff(tries, reply)));
    }
    this.#beating -= 1;
  }

  async #request(what: "heartbeat" | "leave"): Promise<Reply | undefined> {
    const { targets, http, timeoutSeconds } = this.#setting;
    const query = what === "leave" ? this.#who() : { ...this.#who(), heartbeat: timeoutSeconds };
    const path = `/channel/${encodeURIComponent(this.channel)}/${what}`;
    const request = http.send(targets.presence(path, query), {});
    const timer = setTimeout(() => request.drop(), patienceMs(this.#setting));
    try {
      const reply = await request.reply;
      if (reply.status !== 200) this.#setting.onFailure(String(reply.status));
      return reply;
    } catch (error) {
      this.#setting.onFailure(nameOf(error));
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #isThere(): boolean {
    return this.stage === "coming" || this.stage === "seated";
  }

  #who(): { readonly uuid: string; readonly instanceid: string } {
    return { uuid: this.user, instanceid: `device-of-${this.user}` };
  }

  #heartbeatMs(): number {
    return Math.max(500, (this.#setting.timeoutSeconds / 2 - 1) * 1_000);
  }

  #backoff(failures: number, reply: Reply | undefined): number {
    return backoffMs(this.#setting.random, failures, reply?.headers["retry-after"]);
  }

  #after(ms: number, run: () => void): void {
    if (!this.#isThere()) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #step(stage: Stage, more: Partial<Pick<LifeStep, "isUncertain" | "closedAt">> = {}): void {
    this.stage = stage;
    const { user, channel } = this;
    this.#setting.onStep({
      ...{ user, channel, stage, at: Date.now(), renewedAt: this.#renewedAt, sentAt: this.#sentAt },
      ...{ isUncertain: false, closedAt: undefined },
      ...more,
    });
  }
}
