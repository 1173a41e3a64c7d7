/** Groups in Redis: each change is one script; reads are answered from memory while this node is told of changes. */
import { type Cancel, type GroupStore, groupsPerKeysetMax } from "@hereabouts/core";
import type { Channel, Group, SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { loadScript } from "../scripts.ts";
import { GroupCache } from "./group-cache.ts";
import { numberAt, textAt, textsOf } from "./replies.ts";

const scripts = {
  change: loadScript("group-change"),
  drop: loadScript("group-drop"),
  names: loadScript("group-names"),
};

/** The group store of a cluster. */
export class RedisGroupStore implements GroupStore {
  readonly #context: EngineContext;
  readonly #caches = new Map<SubscribeKey, GroupCache>();
  readonly #stopListening: () => void;
  #changes = 0;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#stopListening = context.port.onGap(() => {
      for (const cache of this.#caches.values()) cache.recheck();
    });
  }

  async change(
    keyset: SubscribeKey,
    group: Group,
    change: { readonly add: readonly Channel[]; readonly remove: readonly Channel[] },
    channelsMax: number,
  ): Promise<boolean> {
    const { keys, port, gate } = this.#context;
    gate.pass();
    const add = [...new Set(change.add)];
    const remove = [...new Set(change.remove)];
    const limits = [`${channelsMax}`, `${groupsPerKeysetMax}`];
    const reply = await port.run(
      scripts.change,
      [
        keys.groupNames(keyset),
        keys.group(keyset, group),
        keys.groupVersions(keyset),
        keys.groupNews(keyset),
      ],
      [...limits, group, this.#dice(), `${add.length}`, ...add, ...remove],
    );
    if (textAt(reply, 1) !== textAt(reply, 2)) this.#caches.get(keyset)?.changed(group);
    return numberAt(reply, 0) === 1;
  }

  async channels(keyset: SubscribeKey, group: Group): Promise<readonly Channel[]> {
    this.#context.gate.pass();
    return this.#cacheOf(keyset).channels(group);
  }

  async groups(keyset: SubscribeKey): Promise<readonly Group[]> {
    const { keys, port, gate } = this.#context;
    gate.pass();
    const names = textsOf(await port.run(scripts.names, [keys.groupNames(keyset)], []));
    return [...names].sort() as Group[];
  }

  async drop(keyset: SubscribeKey, group: Group): Promise<void> {
    const { keys, port, gate } = this.#context;
    gate.pass();
    const reply = await port.run(
      scripts.drop,
      [
        keys.groupNames(keyset),
        keys.group(keyset, group),
        keys.groupVersions(keyset),
        keys.groupNews(keyset),
      ],
      [group, this.#dice()],
    );
    if (textAt(reply, 0) !== textAt(reply, 1)) this.#caches.get(keyset)?.changed(group);
  }

  watch(keyset: SubscribeKey, groups: readonly Group[], wake: () => void): Cancel {
    this.#context.gate.pass();
    return this.#cacheOf(keyset).watch(groups, wake);
  }

  /** Forgets what is remembered, and asks for nothing any more. Resolves when all are answered. */
  async close(): Promise<void> {
    this.#stopListening();
    const caches = [...this.#caches.values()];
    this.#caches.clear();
    await Promise.all(caches.map((cache) => cache.close()));
  }

  /** Names a change as no other is named: also where Redis lost changes and counts their numbers again. */
  #dice(): string {
    this.#changes += 1;
    return `${this.#context.epoch}.${this.#changes}`;
  }

  #cacheOf(keyset: SubscribeKey): GroupCache {
    let cache = this.#caches.get(keyset);
    if (cache === undefined) {
      const opened = new GroupCache(this.#context, keyset, () => {
        void opened.close();
        if (this.#caches.get(keyset) === opened) this.#caches.delete(keyset);
      });
      cache = opened;
      this.#caches.set(keyset, cache);
    }
    return cache;
  }
}
