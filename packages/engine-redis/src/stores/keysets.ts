/**
 * Keysets in Redis, and in memory of every node: replaced in one step, and in force on all nodes within a second, for
 * each is told, and looks every second whether it was. Where Redis lost them, a node that knows them puts them back.
 */
import {
  type Cancel,
  EngineError,
  type Instant,
  type Keyset,
  type KeysetStore,
  Watchers,
} from "@hereabouts/core";
import type { SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { loadScript } from "../scripts.ts";
import { GoneKeysets } from "./gone.ts";
import { numberAt, textAt, textsOf } from "./replies.ts";
import {
  formatGenerations,
  formatGone,
  formatKeysets,
  type GoneKeyset,
  generationsAfter,
  noKeysets,
  parseGone,
  parseStoredKeysets,
  type StoredKeysets,
} from "./stored-keysets.ts";

/** How often it is looked whether a replacement was missed. */
const checkEveryMs = 1_000;
/** Replacements of others that one replacement gives way to before it fails. */
const attemptsMax = 20;

const everything: readonly string[] = ["keysets"];

const scripts = {
  open: loadScript("engine-open"),
  version: loadScript("keysets-version"),
  replace: loadScript("keysets-replace"),
};

/** What a node has to know at its start. */
export interface StoredEngine {
  readonly partitions: number;
  /** The latest instant of earlier lives and of other nodes. */
  readonly latest: Instant | undefined;
  /** By how much the engine's time is ahead of the nodes' clocks. */
  readonly offsetMs: number;
  /** Nodes that are open. */
  readonly others: number;
  readonly keysets: StoredKeysets;
  /** Keysets that went and are perhaps not all deleted. */
  readonly gone: readonly GoneKeyset[];
}

/** Reads what is stored about the engine, and settles the number of partitions where that was not done. */
export async function readStoredEngine(
  { port, keys }: Pick<EngineContext, "port" | "keys">,
  partitions: number,
): Promise<StoredEngine> {
  const reply = await port.run(scripts.open, [keys.engine, keys.gone, keys.nodes], [`${partitions}`]);
  const latest = textAt(reply, 1);
  const gone = textsOf(Array.isArray(reply) ? reply[5] : undefined);
  return {
    partitions: Number(textAt(reply, 0)),
    latest: latest === "" ? undefined : Number(latest),
    offsetMs: Number(textAt(reply, 6)),
    others: numberAt(reply, 7),
    keysets: parseStoredKeysets(textAt(reply, 2), textAt(reply, 3), textAt(reply, 4)),
    gone: gone.map(parseGone).filter((keyset) => keyset !== undefined),
  };
}

/** What a keyset store stands on. */
export interface RedisKeysetStoreOptions {
  readonly context: EngineContext;
  readonly stored: StoredEngine;
  /** Told of a keyset whose seats and entries are forgotten, before watchers are told. */
  readonly onForgotten: (keyset: SubscribeKey) => void;
}

/** The keyset store of a cluster. */
export class RedisKeysetStore implements KeysetStore {
  readonly #context: EngineContext;
  readonly #onForgotten: (keyset: SubscribeKey) => void;
  readonly #watchers = new Watchers();
  readonly #gone: GoneKeysets;
  readonly #stopListening: () => void;
  #known: StoredKeysets;
  #replacements = 0;
  #refreshing: Promise<void> | undefined;
  #refreshingNext: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #cancelCheck: Cancel | undefined;

  constructor({ context, stored, onForgotten }: RedisKeysetStoreOptions) {
    this.#context = context;
    this.#onForgotten = onForgotten;
    this.#gone = new GoneKeysets(context);
    this.#known = noKeysets;
    this.#take(stored.keysets);
    this.#gone.forget(stored.gone);
    this.#stopListening = context.port.onGap(() => this.#refreshSoon());
    this.#checkLater();
  }

  /** Begins to be told of replacements. */
  async listen(): Promise<void> {
    const { port, keys, gate } = this.#context;
    const unsubscribe = await port.subscribe(keys.engineNews, (version) => {
      if (version !== this.#known.version) this.#refreshSoon();
    });
    if (gate.isOpen) this.#unsubscribe = unsubscribe;
    else unsubscribe();
  }

  async list(): Promise<readonly Keyset[]> {
    this.#context.gate.pass();
    await this.#refresh();
    return this.#known.keysets;
  }

  async replace(keysets: readonly Keyset[]): Promise<void> {
    const { gate, time } = this.#context;
    gate.pass();
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const { generations, gone } = generationsAfter(this.#known, keysets);
      const next: StoredKeysets = {
        version: this.#nextVersion(),
        keysets: Object.freeze([...keysets]),
        generations,
      };
      if (await this.#store(next, gone, time.latest)) {
        this.#take(next);
        this.#gone.forget(gone);
        return;
      }
      await this.#reload();
    }
    throw new EngineError("unavailable", "Keysets are replaced by others all the time.", {
      cause: undefined,
    });
  }

  watch(wake: () => void): Cancel {
    this.#context.gate.pass();
    const watch = this.#watchers.watch(everything, { wake });
    return () => watch.stop();
  }

  /** Looks and listens no more. */
  close(): void {
    this.#stopListening();
    this.#cancelCheck?.();
    this.#unsubscribe?.();
    this.#gone.close();
  }

  #nextVersion(): string {
    this.#replacements += 1;
    return `${this.#context.epoch}.${this.#replacements}`;
  }

  async #store(
    next: StoredKeysets,
    gone: readonly GoneKeyset[],
    at: Instant,
    replaced?: string,
  ): Promise<boolean> {
    const { port, keys } = this.#context;
    const before = replaced ?? this.#known.version;
    const reply = await port.run(
      scripts.replace,
      [keys.engine, keys.gone, keys.engineNews],
      [
        ...[before, next.version, formatKeysets(next.keysets), formatGenerations(next.generations)],
        ...[`${keys.partitions}`, `${at}`, ...gone.map(formatGone)],
      ],
    );
    return reply === 1;
  }

  /** Makes keysets those in force on this node. */
  #take(next: StoredKeysets): void {
    if (next.version === this.#known.version) return;
    const { keys } = this.#context;
    this.#known = next;
    for (const [keyset, generation] of next.generations) {
      if (keys.setGeneration(keyset, generation)) this.#onForgotten(keyset);
    }
    // After the close nobody can do anything about it.
    if (this.#context.gate.isOpen) this.#watchers.wake(everything);
  }

  #refreshSoon(): void {
    // What fails is tried again a second later; who asks for keysets is told of it.
    this.#refresh().catch(() => undefined);
  }

  /**
   * Sees to it that what this node knows is what is stored, at the time of the call or later: a look that is under way
   * may have read before, so who asks meanwhile waits for the next one, which all of them share.
   */
  #refresh(): Promise<void> {
    if (this.#refreshing === undefined) return this.#refreshFirst();
    const underWay = this.#refreshing.catch(() => undefined);
    this.#refreshingNext ??= underWay.then(() => {
      this.#refreshingNext = undefined;
      return this.#refreshFirst();
    });
    return this.#refreshingNext;
  }

  #refreshFirst(): Promise<void> {
    this.#refreshing = this.#refreshNow().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshNow(): Promise<void> {
    const { port, keys } = this.#context;
    const version = await port.run(scripts.version, [keys.engine], []);
    if (version !== this.#known.version) await this.#reload();
  }

  async #reload(): Promise<void> {
    const { keys, warn, time } = this.#context;
    const stored = (await readStoredEngine(this.#context, keys.partitions)).keysets;
    const isLost = stored.version === "" && this.#known.version !== "";
    if (!isLost) {
      this.#take(stored);
      return;
    }
    warn("Redis has lost the keysets; this node puts those back that it knows.");
    await this.#store(this.#known, [], time.latest, "");
  }

  #checkLater(): void {
    const { scheduler, gate } = this.#context;
    this.#cancelCheck = scheduler.at(scheduler.now() + checkEveryMs, () => {
      void this.#refresh()
        .catch(() => undefined)
        .then(() => {
          if (gate.isOpen) this.#checkLater();
        });
    });
  }
}
