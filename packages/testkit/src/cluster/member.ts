/**
 * One user of a crowd who polls: takes a seat, polls on and on, heartbeats, and comes back after every error with the
 * jittered, doubling delays of an SDK.
 */
import type { Reply } from "../worlds/world.ts";
import { type Counts, type CrowdMember, MemberLife, type MemberName, type Setting } from "./member-life.ts";

const youngPollMs = 3_000;
const handshakeWithinMs = 10_000;
const pollWithinMs = 310_000;

interface Subscribed {
  /** Where to go on from; nothing when it was not answered well. */
  readonly cursor?: string;
  readonly reply: Reply | undefined;
}

/** A user of a crowd who polls. */
export class Member implements CrowdMember {
  readonly life: MemberLife;
  /** When the poll that is out was sent, in milliseconds since 1970. */
  #polledAt: number | undefined;
  #isDeserter = false;

  constructor(name: MemberName, setting: Setting, counts: Counts) {
    this.life = new MemberLife(name, setting, counts);
  }

  get isHeld(): boolean {
    return this.#polledAt !== undefined;
  }

  async come(): Promise<void> {
    this.life.step("coming");
    const cursor = await this.#untilAnswered("0");
    if (cursor === undefined) return;
    this.life.step("seated");
    void this.#pollOn(cursor);
    this.life.beatOn(() => true);
  }

  async leave(): Promise<void> {
    this.#fallSilent();
    this.life.step("leaving");
    await this.life.leaveByRequest();
  }

  die(): void {
    // A poll renews when it arrives; one that has been out for a while has arrived.
    const isPollYoung = this.#polledAt !== undefined && Date.now() - this.#polledAt < youngPollMs;
    const isUncertain = isPollYoung || this.life.isBeating;
    this.#fallSilent();
    this.life.step("dead", { isUncertain });
  }

  desert(): void {
    this.#isDeserter = true;
  }

  #fallSilent(): void {
    this.life.fallSilent();
    this.#polledAt = undefined;
  }

  async #pollOn(from: string): Promise<void> {
    for (let cursor: string | undefined = from; cursor !== undefined && this.life.isThere; ) {
      cursor = await this.#untilAnswered(cursor);
    }
  }

  async #untilAnswered(after: string): Promise<string | undefined> {
    for (let failures = 1; this.life.isThere; failures += 1) {
      const { cursor, reply } = await this.#subscribe(after);
      if (cursor !== undefined) return cursor;
      if (this.#isDeserter && this.life.isThere) this.die();
      await this.life.pause(this.life.backoff(failures, reply?.headers["retry-after"]));
    }
    return undefined;
  }

  async #subscribe(cursor: string): Promise<Subscribed> {
    const { life } = this;
    const isPoll = cursor !== "0";
    const query = { ...life.timed(), tt: cursor, tr: isPoll ? 1 : undefined };
    const sentAt = Date.now();
    life.countPoll();
    life.noteSent(sentAt);
    if (isPoll) this.#polledAt = sentAt;
    const target = life.setting.targets.subscribe(life.channel, query);
    const reply = await life.ask(target, isPoll ? pollWithinMs : handshakeWithinMs);
    if (isPoll) this.#polledAt = undefined;
    if (reply?.status !== 200) return { reply };
    const { t, m } = reply.json as {
      readonly t: { readonly t: string };
      readonly m: readonly { readonly d: unknown }[];
    };
    if (!isPoll) life.noteRenewed(sentAt);
    life.noteItems(m);
    return { cursor: t.t, reply };
  }
}
