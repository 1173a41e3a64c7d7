/** Which server owns which slot, as far as is known; asked for again every second and whenever somebody was sent astray. */
import type { Cancel, Scheduler } from "@hereabouts/core";
import { slotCount } from "../slots.ts";
import type { Owner, Source } from "./sources.ts";

/** How often it is looked whether slots or masters have moved. */
const refreshEveryMs = 1_000;

/** What a topology stands on. */
export interface TopologyOptions {
  readonly scheduler: Scheduler;
  readonly source: Source;
  /** Told after each time the owners were asked for, whether or not they were found out. */
  readonly onRefreshed: () => void;
}

/** The owners of slots. */
export class Topology {
  readonly #options: TopologyOptions;
  readonly #ownerOf: (string | undefined)[] = new Array(slotCount).fill(undefined);
  #owners: readonly Owner[] = [];
  #refreshing: Promise<void> | undefined;
  #cancel: Cancel | undefined;
  #isClosed = false;

  constructor(options: TopologyOptions) {
    this.#options = options;
  }

  /** The servers that take writes. */
  get owners(): readonly Owner[] {
    return this.#owners;
  }

  /** The address of a slot's owner; `undefined` when it is known to nobody. */
  ownerOf(slot: number): string | undefined {
    return this.#ownerOf[slot];
  }

  /** Notes that a slot was found elsewhere. The next refresh overrules it. */
  note(slot: number, address: string): void {
    this.#ownerOf[slot] = address;
  }

  /** Asks for the owners. Who asks while it is under way shares the answer. Rejects when nobody can say. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#load().finally(() => {
      this.#refreshing = undefined;
      if (this.#isClosed) return;
      this.#schedule();
      this.#options.onRefreshed();
    });
    return this.#refreshing;
  }

  /** As `refresh`, for those who do not wait. Repeats itself until it succeeds. */
  refreshSoon(): void {
    if (!this.#isClosed) this.refresh().catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #load(): Promise<void> {
    const owners = await this.#options.source();
    this.#owners = owners;
    this.#ownerOf.fill(undefined);
    for (const { address, slots } of owners) {
      for (const [from, to] of slots) this.#ownerOf.fill(address, from, to + 1);
    }
  }

  #schedule(): void {
    const { scheduler } = this.#options;
    this.#cancel?.();
    this.#cancel = scheduler.at(scheduler.now() + refreshEveryMs, () => this.refreshSoon());
  }
}
