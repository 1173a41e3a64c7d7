/**
 * The lives of Redis servers. A server that was started anew, or a replica that became master, may have lost what was
 * written last. Every node looks once a second which server each partition is on; where that has changed, the
 * partition is taken over into the new life: a new epoch, and a notice in every occupied channel, so that whoever
 * follows it reads again. It does not matter how many nodes see it: the scripts do it once.
 */
import { type Cancel, type Instant, logEntriesPerKeysetMax, logRetentionMs } from "@hereabouts/core";
import {
  type Channel,
  formatTimetoken,
  type SubscribeKey,
  type Timetoken,
  timetokenAt,
} from "@hereabouts/protocol";
import type { EngineContext } from "./context.ts";
import { freshEpoch } from "./fresh-epoch.ts";
import type { PartitionKeys } from "./keys.ts";
import type { LogClock } from "./log/clock.ts";
import { listOf, textOf, timetokenOf } from "./log/wire.ts";
import type { Master, Reply } from "./port.ts";
import { loadScript } from "./scripts.ts";
import { slotOf } from "./slots.ts";

/** How often it is looked which server a partition is on. */
export const lifeEveryMs = 1_000;

/**
 * How far above the present the first entries of a new life are, in milliseconds: no cursor that was given out before is
 * above them, although the nodes' clocks differ and what was fenced last may be lost.
 */
export const lifeMarginMs = 2_000;

/** Channels told at once. */
const batchMax = 100;

/** Partitions looked at at once. */
const partitionsAtOnce = 64;

/** What the watch over lives needs. */
export interface LifeWatchOptions {
  readonly context: EngineContext;
  readonly clock: LogClock;
  /** Every keyset in force. */
  readonly keysets: () => Iterable<SubscribeKey>;
  /** Told of every partition that is on another server than before, or that was lost, when it has been taken over. */
  readonly onNewLife: (partition: PartitionKeys) => void;
}

/** See the top of the file. */
export class LifeWatch {
  readonly #options: LifeWatchOptions;
  readonly #context: EngineContext;
  /** The life that each partition, by its meta key, was seen in. */
  #lives = new Map<string, string>();
  #stopTimer: Cancel | undefined;
  #stopListening: Cancel | undefined;
  #underWay: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: LifeWatchOptions) {
    this.#options = options;
    this.#context = options.context;
  }

  /** Begins to look, at once and every second. */
  start(): void {
    if (this.#stopListening !== undefined) return;
    this.#stopListening = this.#context.port.onGap(() => void this.#look());
    void this.#look();
    this.#lookLater();
  }

  /** Ends the looking. A look that is under way is known to the context's background. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopListening?.();
  }

  /** Looks once, and resolves when every partition of a new life has been taken over. Rejects with `EngineError`. */
  check(): Promise<void> {
    this.#underWay ??= this.#check().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  #lookLater(): void {
    const { scheduler } = this.#context;
    this.#stopTimer = scheduler.at(scheduler.now() + lifeEveryMs, () => {
      void this.#look();
      this.#lookLater();
    });
  }

  /** While Redis is away every look fails: that is told once. */
  async #look(): Promise<void> {
    if (!this.#context.gate.isOpen) return;
    this.#context.background.run("The lives of the Redis servers were not looked at", async () => {
      const wasFailing = this.#isFailing;
      this.#isFailing = true;
      try {
        await this.check();
        this.#isFailing = false;
      } catch (error) {
        if (!wasFailing && this.#context.gate.isOpen) throw error;
      }
    });
  }

  async #check(): Promise<void> {
    const owners = ownersOf(await this.#context.port.masters());
    const known = this.#lives;
    const lives = new Map<string, string>();
    const moved: PartitionKeys[] = [];
    for (const keyset of this.#options.keysets()) {
      for (const partition of this.#context.keys.partitionsOf(keyset)) {
        const life = known.get(partition.meta);
        if (life !== undefined) lives.set(partition.meta, life);
        if (life === undefined || life !== owners(slotOf(partition.meta))) moved.push(partition);
      }
    }
    this.#lives = lives;
    for (let index = 0; index < moved.length; index += partitionsAtOnce) {
      await Promise.all(
        moved.slice(index, index + partitionsAtOnce).map((partition) => this.#takeOver(partition)),
      );
    }
  }

  /** Takes a partition over if it has to be, and tells its channels, until all have been told by whichever node. */
  async #takeOver(partition: PartitionKeys): Promise<void> {
    const before = this.#lives.get(partition.meta);
    let isNew = false;
    for (;;) {
      const at = this.#context.time.latest;
      const state = readAdoption(await this.#adopt(partition, at));
      isNew ||= state.isNew || (before !== undefined && before !== state.life);
      this.#lives.set(partition.meta, state.life);
      if (state.from === "") break;
      await this.#refresh(partition, state, at);
      isNew = true;
    }
    if (isNew) this.#options.onNewLife(partition);
  }

  #adopt(partition: PartitionKeys, at: Instant): Promise<Reply> {
    const floor: Timetoken = timetokenAt(at + lifeMarginMs);
    const args = [freshEpoch(this.#context), formatTimetoken(floor), String(batchMax)];
    return this.#context.port.run(adoptScript, [partition.meta, partition.occupied], args);
  }

  async #refresh(partition: PartitionKeys, { from, next, channels }: Adoption, at: Instant): Promise<void> {
    const { keys, port } = this.#context;
    const own = [partition.meta, partition.log, partition.occupied];
    const args = [
      String(at),
      this.#options.clock.place(partition, at, channels.length),
      String(Math.ceil(logEntriesPerKeysetMax / keys.partitions)),
      String(logRetentionMs),
      from,
      next,
      ...channels,
    ];
    const revisions = channels.map((channel) => partition.revision(channel));
    const [isTold, tip] = listOf(await port.run(refreshScript, [...own, ...revisions], args));
    if (isTold === 1) this.#options.clock.note(partition.keyset, timetokenOf(tip), at);
  }
}

const adoptScript = loadScript("adopt");
const refreshScript = loadScript("refresh");

/** What `adopt.lua` answers. */
interface Adoption {
  readonly life: string;
  /** Whether that call took the partition over. */
  readonly isNew: boolean;
  /** Where the batch of channels begins; empty when there is none. */
  readonly from: string;
  /** Where the next one begins; empty when this is the last. */
  readonly next: string;
  readonly channels: readonly Channel[];
}

function readAdoption(reply: Reply): Adoption {
  const [life, isNew, from, next, channels] = listOf(reply);
  return {
    life: textOf(life),
    isNew: isNew === 1,
    from: textOf(from),
    next: textOf(next),
    channels: listOf(channels).map((channel) => textOf(channel) as Channel),
  };
}

/** Tells which life of which server a slot is in; `undefined` when no master has it. */
function ownersOf(masters: readonly Master[]): (slot: number) => string | undefined {
  return (slot) => masters.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))?.runId;
}
