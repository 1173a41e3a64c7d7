/**
 * One user of a crowd who holds a stream: the open connection keeps the seat. Goes elsewhere from its cursor when the
 * stream closes, does not answer or is asked to move, heartbeats by requests only while it has none, and waits between
 * tries as an SDK does.
 */
import { type LightStream, openLightStream, type StreamEnd } from "./light-stream.ts";
import { type Counts, type CrowdMember, MemberLife, type MemberName, type Setting } from "./member-life.ts";
import { patienceMs } from "./member-ways.ts";

const goingAway = 1001;
/** Those who are sent away by a node that goes come back within so many milliseconds. */
const spreadMs = 1_000;
const leaveId = 1;
/** Nodes renew the seats of their streams at a third of the time for which those stand, and may be so late. */
const renewalLateMs = 500;

/** A user of a crowd who holds a stream. */
export class StreamMember implements CrowdMember {
  readonly life: MemberLife;
  #stream: LightStream | undefined;
  #isReady = false;
  #cursor = "0";
  #failures = 0;
  #openedAt = 0;
  #isDeserter = false;
  #onSeated: (() => void) | undefined;
  #onLeft: ((isAcknowledged: boolean) => void) | undefined;

  constructor(name: MemberName, setting: Setting, counts: Counts) {
    this.life = new MemberLife(name, setting, counts);
  }

  get isHeld(): boolean {
    return this.#isReady;
  }

  async come(): Promise<void> {
    this.life.step("coming");
    const seated = new Promise<void>((resolve) => {
      this.#onSeated = resolve;
    });
    this.#open();
    await seated;
    this.life.beatOn(() => !this.#isReady);
  }

  async leave(): Promise<void> {
    this.life.fallSilent();
    this.life.step("leaving");
    const isAcknowledged = await this.#leaveByStream();
    this.#end();
    if (isAcknowledged) this.life.step("left");
    else await this.life.leaveByRequest();
  }

  die(): void {
    // A request or an opening that is under way may take the seat later on.
    const isUncertain = this.life.isBeating || (this.#stream !== undefined && !this.#isReady);
    const closedAt = this.#stream === undefined ? undefined : Date.now();
    this.#fallSilent();
    this.life.step("dead", { isUncertain, closedAt });
  }

  desert(): void {
    this.#isDeserter = true;
    if (!this.#isReady) this.die();
  }

  #fallSilent(): void {
    if (this.#isReady) this.#noteAlive();
    this.life.fallSilent();
    this.#end();
  }

  #end(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#isReady = false;
  }

  #open(): void {
    const { life } = this;
    const { targets, port, timeoutSeconds } = life.setting;
    this.#openedAt = Date.now();
    life.countPoll();
    life.noteSent(this.#openedAt);
    const query = { ...life.who(), tt: this.#cursor, tr: this.#cursor === "0" ? undefined : 1 };
    const target = targets.stream(life.channel, query);
    this.#stream = openLightStream<unknown>(
      { port, target, silenceMs: timeoutSeconds * 200 },
      {
        onReady: (cursor, id) => this.#onReady(cursor, id),
        onItems: (items, cursor) => {
          life.noteItems(items);
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
    this.life.noteRenewed(this.#openedAt);
    if (this.#cursor === "0") this.#cursor = cursor;
    if (this.life.stage !== "coming") return;
    this.life.step("seated");
    this.#onSeated?.();
  }

  #onEnd(end: StreamEnd): void {
    if (this.#isReady && end.how !== "silent") this.#noteAlive();
    const wasReady = this.#isReady;
    this.#isReady = false;
    this.#stream = undefined;
    if (end.how !== "moved") this.life.setting.onFailure(nameOfEnd(end));
    this.#onLeft?.(false);
    if (!this.life.isThere) return;
    if (this.#isDeserter && wasReady) {
      this.#fallSilent();
      this.life.step("dead");
      return;
    }
    this.life.after(this.#pauseMs(end), () => this.#open());
  }

  /** At once where it was asked to move: the server has spread those. */
  #pauseMs(end: StreamEnd): number {
    if (end.how === "moved") return 0;
    if (end.how === "closed" && end.code === goingAway) return this.life.setting.random.below(spreadMs);
    this.#failures += 1;
    return this.life.backoff(this.#failures, end.how === "refused" ? end.retryAfter : undefined);
  }

  /** Its stream was there until now: the seat was renewed not long ago, and may have been just now. */
  #noteAlive(): void {
    const now = Date.now();
    this.life.noteSent(now);
    const sinceRenewalMs = (this.life.setting.timeoutSeconds * 1_000) / 3 + renewalLateMs;
    this.life.noteRenewed(now - sinceRenewalMs);
  }

  async #leaveByStream(): Promise<boolean> {
    if (!this.#isReady) return false;
    this.#noteAlive();
    const left = new Promise<boolean>((resolve) => {
      this.#onLeft = resolve;
      setTimeout(() => resolve(false), patienceMs(this.life.setting));
    });
    this.#stream?.send({ id: leaveId, leave: { channels: this.life.channel } });
    return await left;
  }
}

function nameOfEnd(end: StreamEnd): string {
  if (end.how === "refused") return String(end.status);
  return end.how === "closed" ? `closed ${end.code}` : end.how;
}
