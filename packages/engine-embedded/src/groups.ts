/**
 * Groups: read from memory, written to disk first. What one turn of the event loop brings shares a transaction, and
 * each caller is answered when it is on disk.
 */
import { type Cancel, EngineError, type GroupStore, groupsPerKeysetMax, Watchers } from "@hereabouts/core";
import type { Channel, Group, SubscribeKey } from "@hereabouts/protocol";
import type { Gate } from "./gate.ts";
import { GroupSets } from "./group-sets.ts";
import { type GroupTable, openGroupTable } from "./group-table.ts";
import type { Sqlite } from "./sqlite.ts";

/** Channels written in one transaction, so that a burst never blocks the event loop for long. */
const channelsPerTransaction = 5_000;

/** What a caller wants done to one group, and how to answer it. */
interface Wish {
  readonly keyset: SubscribeKey;
  readonly group: Group;
  /** How much work it is, in channels. */
  readonly weight: number;
  /** Does it, in memory and on disk; says whether the limits allowed it. */
  readonly run: () => boolean;
  readonly resolve: (fits: boolean) => void;
  readonly reject: (error: EngineError) => void;
}

/** What a group store stands on. */
export interface EmbeddedGroupStoreOptions {
  readonly sqlite: Sqlite;
  readonly gate: Gate;
  /** Groups per keyset. Default `groupsPerKeysetMax`. */
  readonly groupsMax?: number;
}

/** Adds and removes channels of a group. */
type GroupChange = Parameters<GroupStore["change"]>[2];

/** The group store of one process. */
export class EmbeddedGroupStore implements GroupStore {
  readonly #sqlite: Sqlite;
  readonly #gate: Gate;
  readonly #table: GroupTable;
  readonly #groupsMax: number;
  readonly #keysets = new Map<SubscribeKey, GroupSets>();
  readonly #watchers = new Map<SubscribeKey, Watchers>();
  #wishes: Wish[] = [];

  /** Reads all groups. Throws `EngineError` when they cannot be read. */
  constructor({ sqlite, gate, groupsMax = groupsPerKeysetMax }: EmbeddedGroupStoreOptions) {
    this.#sqlite = sqlite;
    this.#gate = gate;
    this.#table = openGroupTable(sqlite);
    this.#groupsMax = groupsMax;
    for (const row of this.#table.load()) this.#setsOf(row.keyset).edit(row.group).add(row.channel);
    for (const sets of this.#keysets.values()) sets.keep();
  }

  async change(
    keyset: SubscribeKey,
    group: Group,
    change: GroupChange,
    channelsMax: number,
  ): Promise<boolean> {
    return this.#enqueue({
      keyset,
      group,
      weight: 1 + change.add.length + change.remove.length,
      run: () => this.#change(keyset, group, change, channelsMax),
    });
  }

  async channels(keyset: SubscribeKey, group: Group): Promise<readonly Channel[]> {
    this.#gate.pass();
    return this.#keysets.get(keyset)?.get(group)?.list ?? [];
  }

  async groups(keyset: SubscribeKey): Promise<readonly Group[]> {
    this.#gate.pass();
    return this.#keysets.get(keyset)?.names ?? [];
  }

  async drop(keyset: SubscribeKey, group: Group): Promise<void> {
    const weight = this.#keysets.get(keyset)?.get(group)?.size ?? 1;
    await this.#enqueue({ keyset, group, weight, run: () => this.#drop(keyset, group) });
  }

  watch(keyset: SubscribeKey, groups: readonly Group[], wake: () => void): Cancel {
    this.#gate.pass();
    let watchers = this.#watchers.get(keyset);
    if (watchers === undefined) {
      watchers = new Watchers();
      this.#watchers.set(keyset, watchers);
    }
    const watch = watchers.watch(groups, { wake });
    return () => watch.stop();
  }

  /** Writes what is waiting, without waiting. Every caller is answered. */
  flush(): void {
    while (this.#wishes.length > 0) this.#flushSome();
  }

  #enqueue(wish: Omit<Wish, "resolve" | "reject">): Promise<boolean> {
    this.#gate.pass();
    if (this.#wishes.length === 0) this.#sqlite.soon(() => this.#flushSoon());
    return new Promise((resolve, reject) => {
      this.#wishes.push({ ...wish, resolve, reject });
    });
  }

  #flushSoon(): void {
    this.#flushSome();
    if (this.#wishes.length > 0) this.#sqlite.soon(() => this.#flushSoon());
  }

  #flushSome(): void {
    const batch = this.#nextBatch();
    let results: readonly boolean[];
    try {
      results = this.#sqlite.transaction(() => batch.map((wish) => wish.run()));
    } catch (error) {
      for (const sets of this.#keysets.values()) sets.undo();
      for (const wish of batch) wish.reject(asEngineError(error));
      return;
    }
    for (const [index, wish] of batch.entries()) wish.resolve(results[index] === true);
    for (const keyset of new Set(batch.map((wish) => wish.keyset))) this.#settle(keyset);
  }

  #nextBatch(): readonly Wish[] {
    let weight = 0;
    const end = this.#wishes.findIndex((wish) => {
      weight += wish.weight;
      return weight > channelsPerTransaction;
    });
    if (end < 0) return this.#wishes.splice(0);
    return this.#wishes.splice(0, Math.max(end, 1));
  }

  /** Makes a keyset's writes final in memory too, and wakes who waits for these groups. */
  #settle(keyset: SubscribeKey): void {
    const written = this.#keysets.get(keyset)?.keep() ?? [];
    this.#watchers.get(keyset)?.wake(written);
  }

  #change(keyset: SubscribeKey, group: Group, change: GroupChange, channelsMax: number): boolean {
    const sets = this.#setsOf(keyset);
    const members = sets.get(group);
    const removed = new Set(change.remove);
    const added = new Set(change.add);
    for (const channel of change.add) {
      if (removed.has(channel) || members?.has(channel) === true) added.delete(channel);
    }
    for (const channel of change.remove) if (members?.has(channel) !== true) removed.delete(channel);
    const size = members?.size ?? 0;
    const sizeAfter = size + added.size - removed.size;
    if (added.size > 0 && sizeAfter > channelsMax) return false;
    if (added.size > 0 && members === undefined && sets.size >= this.#groupsMax) return false;
    if (added.size > 0 || removed.size > 0) this.#write(keyset, group, { added, removed });
    return true;
  }

  #write(
    keyset: SubscribeKey,
    group: Group,
    { added, removed }: { readonly added: ReadonlySet<Channel>; readonly removed: ReadonlySet<Channel> },
  ): void {
    const sets = this.#setsOf(keyset);
    const members = sets.edit(group);
    for (const channel of added) {
      this.#table.add(keyset, group, channel);
      members.add(channel);
    }
    for (const channel of removed) {
      this.#table.remove(keyset, group, channel);
      members.remove(channel);
    }
    if (members.size === 0) sets.drop(group);
  }

  #drop(keyset: SubscribeKey, group: Group): boolean {
    const sets = this.#keysets.get(keyset);
    if (sets?.get(group) === undefined) return true;
    this.#table.drop(keyset, group);
    sets.drop(group);
    return true;
  }

  #setsOf(keyset: SubscribeKey): GroupSets {
    let sets = this.#keysets.get(keyset);
    if (sets === undefined) {
      sets = new GroupSets();
      this.#keysets.set(keyset, sets);
    }
    return sets;
  }
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError("unavailable", "Groups could not be written.", { cause: error });
}
