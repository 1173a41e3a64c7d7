/** One keyset's groups in memory: what every read is answered from. Knows nothing of the disk. */
import type { Channel, Group } from "@hereabouts/protocol";

/** A group's channels in the order they were added. */
export class Members {
  readonly #channels: Set<Channel>;
  #list: readonly Channel[] | undefined;

  constructor(channels: Iterable<Channel>) {
    this.#channels = new Set(channels);
  }

  /** How many channels there are. */
  get size(): number {
    return this.#channels.size;
  }

  /** The channels, as a list that is shared between callers until the next change. */
  get list(): readonly Channel[] {
    this.#list ??= Object.freeze([...this.#channels]);
    return this.#list;
  }

  has(channel: Channel): boolean {
    return this.#channels.has(channel);
  }

  add(channel: Channel): void {
    this.#channels.add(channel);
    this.#list = undefined;
  }

  remove(channel: Channel): void {
    this.#channels.delete(channel);
    this.#list = undefined;
  }
}

/** A keyset's groups, each with at least one channel, as they would be undone and are read. */
export class GroupSets {
  readonly #groups = new Map<Group, Members>();
  /** What the groups that were written since `keep` were before; `undefined` for those that were not there. */
  readonly #before = new Map<Group, Members | undefined>();
  #names: readonly Group[] | undefined;

  /** How many groups there are. */
  get size(): number {
    return this.#groups.size;
  }

  /** The groups by name, as a list that is shared between callers until the next change. */
  get names(): readonly Group[] {
    this.#names ??= Object.freeze([...this.#groups.keys()].sort());
    return this.#names;
  }

  get(group: Group): Members | undefined {
    return this.#groups.get(group);
  }

  /** A group to write to, made when missing. What it was is remembered until `keep` or `undo`. */
  edit(group: Group): Members {
    const present = this.#groups.get(group);
    if (present !== undefined && this.#before.has(group)) return present;
    if (!this.#before.has(group)) this.#before.set(group, present);
    const copy = new Members(present?.list ?? []);
    this.#put(group, copy);
    return copy;
  }

  /** Takes a group away. What it was is remembered until `keep` or `undo`. */
  drop(group: Group): void {
    if (!this.#before.has(group)) this.#before.set(group, this.#groups.get(group));
    this.#put(group, undefined);
  }

  /** Settles what was written. Answers which groups that were. */
  keep(): readonly Group[] {
    const written = [...this.#before.keys()];
    this.#before.clear();
    return written;
  }

  /** Takes back what was written since `keep`. */
  undo(): void {
    for (const [group, members] of this.#before) this.#put(group, members);
    this.#before.clear();
  }

  #put(group: Group, members: Members | undefined): void {
    if (members === undefined) this.#groups.delete(group);
    else this.#groups.set(group, members);
    this.#names = undefined;
  }
}
