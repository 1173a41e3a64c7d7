/**
 * Every name the engine uses in Redis: `h2:{<tag>}:<kind>[:<name>]`. `h2` is the version of the schema. A tag belongs to
 * one partition of one keyset, to one keyset's groups, or to the engine, and puts everything under it into one slot.
 */
import {
  baseName,
  type Channel,
  isPresenceName,
  isWildcard,
  type SubscribeKey,
  type UserId,
} from "@hereabouts/protocol";
import { slotCount, slotOf } from "./slots.ts";

/** The version of keys, records and scripts. Nodes of another version use other keys. */
export const schemaVersion = "h2";

/** Partitions of a keyset unless set: divides evenly by 2, 3, 4, 6, 8 and 12 masters. */
export const partitionsDefault = 24;

/** The most partitions a keyset may have. */
export const partitionsMax = 256;

/** The keys of one partition. */
export class PartitionKeys {
  /** Which of the keyset's partitions this is, from 0. */
  readonly index: number;
  readonly keyset: SubscribeKey;
  /** The hash: last, tip, epoch, order, swept, seats, pauses, life. */
  readonly meta: string;
  /** The stream of entries. */
  readonly log: string;
  /** The hash from seats (channel, NUL, user) to their records. */
  readonly seats: string;
  /**
   * The sorted set of seats by their deadline, or a lower bound of it: see `lua/seats.lua`. One for all channels, so that
   * one call renews many.
   */
  readonly deadlines: string;
  /** The sorted set of channels by their occupancy. */
  readonly occupied: string;
  /** The sorted set of channels that are summed up by when they are next. */
  readonly ticks: string;
  /** The sharded channel where new entries are told. */
  readonly news: string;
  readonly #root: string;

  constructor(keyset: SubscribeKey, index: number, tag: string) {
    this.#root = `${schemaVersion}:{${tag}}:`;
    this.keyset = keyset;
    this.index = index;
    this.meta = `${this.#root}m`;
    this.log = `${this.#root}log`;
    this.seats = `${this.#root}seats`;
    this.deadlines = `${this.#root}ends`;
    this.occupied = `${this.#root}occ`;
    this.ticks = `${this.#root}ticks`;
    this.news = `${this.#root}news`;
  }

  /** A channel's sorted set of users by the order they took their seats in. */
  order(channel: string): string {
    return `${this.#root}o:${channel}`;
  }

  /** A channel's hash from users to states. */
  states(channel: string): string {
    return `${this.#root}s:${channel}`;
  }

  /** A channel's hash: revision and life, and tick: what its summary has come to. */
  revision(channel: string): string {
    return `${this.#root}v:${channel}`;
  }

  /** A channel's absences: what is remembered of users without a seat. */
  absences(channel: string): string {
    return `${this.#root}x:${channel}`;
  }

  /** A channel's hash from users to whether they came or went since it was summed up last. */
  visits(channel: string): string {
    return `${this.#root}d:${channel}`;
  }

  /** A user's channels; in the partition of the user's name. */
  user(user: string): string {
    return `${this.#root}u:${user}`;
  }

  /** What else a part of the engine keeps in this partition. `kind` must be none of the others'. */
  other(kind: string): string {
    return this.#root + kind;
  }
}

/** What names are made from. */
export interface KeyspaceOptions {
  /** Engines with different prefixes share nothing. Without braces; 1-100 characters. */
  readonly prefix: string;
  /** How many partitions a keyset has; all nodes use the same number. Default `partitionsDefault`. */
  readonly partitions?: number;
}

/** The name of a seat among all of its partition. Neither part can contain NUL. */
export function seatName(channel: Channel, user: UserId): string {
  return `${channel}\0${user}`;
}

/** The name in `deadlines` of a plain seat, of one lease that is renewed for `timeout` (7 digits of milliseconds). */
export function plainSeatName(seat: string, timeout: string, holder: string): string {
  return `${seat}\0${timeout}${holder}`;
}

/** The channel and the user of a seat's name. */
export function readSeatName(name: string): { readonly channel: Channel; readonly user: UserId } {
  const nul = name.indexOf("\0");
  return { channel: name.slice(0, nul) as Channel, user: name.slice(nul + 1) as UserId };
}

/** All names of one engine. */
export class Keyspace {
  readonly partitions: number;
  /** The prefix of tags, safe in a tag. */
  readonly prefix: string;
  /** The hash of what the engine itself keeps: keysets, settings, the latest instant. */
  readonly engine: string;
  /** The sharded channel where a change of the keysets is told. */
  readonly engineNews: string;
  /** The hash from keysets that went, with their generation, to when: what they had is not all deleted yet. */
  readonly gone: string;
  /** The hash from nodes that are open to the engine's time when they were last heard of. */
  readonly nodes: string;
  readonly #generations = new Map<SubscribeKey, number>();
  readonly #keysets = new Map<SubscribeKey, readonly PartitionKeys[]>();

  constructor({ prefix, partitions = partitionsDefault }: KeyspaceOptions) {
    this.partitions = partitions;
    this.prefix = escapeTag(prefix);
    this.engine = `${schemaVersion}:{${this.prefix}}:engine`;
    this.engineNews = `${schemaVersion}:{${this.prefix}}:news`;
    this.gone = `${schemaVersion}:{${this.prefix}}:gone`;
    this.nodes = `${schemaVersion}:{${this.prefix}}:nodes`;
  }

  /** The partition of a channel or a user. A presence channel is where its channel is. */
  partitionOf(name: string): number {
    return fnv1a(isPresenceName(name as Channel) ? baseName(name as Channel) : name) % this.partitions;
  }

  /** A keyset's partitions, in order. */
  partitionsOf(keyset: SubscribeKey): readonly PartitionKeys[] {
    let known = this.#keysets.get(keyset);
    if (known === undefined) {
      known = this.partitionsIn(keyset, this.#generations.get(keyset) ?? 0);
      this.#keysets.set(keyset, known);
    }
    return known;
  }

  /** The partition where a channel (or a user's index) is kept. */
  partition(keyset: SubscribeKey, name: string): PartitionKeys {
    return at(this.partitionsOf(keyset), this.partitionOf(name));
  }

  /** The partitions whose entries a topic may have: one, or all for a wildcard. */
  topicPartitions(keyset: SubscribeKey, topic: Channel): readonly PartitionKeys[] {
    const base = isPresenceName(topic) ? baseName(topic) : topic;
    return isWildcard(base) ? this.partitionsOf(keyset) : [this.partition(keyset, base)];
  }

  /** The keysets whose partitions were asked for on this node. */
  get used(): Iterable<SubscribeKey> {
    return this.#keysets.keys();
  }

  /** How often this keyset has gone: part of its partitions' tags, so that a keyset that comes back has nothing left. */
  generation(keyset: SubscribeKey): number {
    return this.#generations.get(keyset) ?? 0;
  }

  /** Sets a keyset's generation. Answers whether it is another than before. */
  setGeneration(keyset: SubscribeKey, generation: number): boolean {
    if (this.generation(keyset) === generation) return false;
    this.#generations.set(keyset, generation);
    this.#keysets.delete(keyset);
    return true;
  }

  /** A keyset's partitions in one of its generations. */
  partitionsIn(keyset: SubscribeKey, generation: number): readonly PartitionKeys[] {
    const stem = `${this.prefix}:${escapeTag(keyset)}:${generation}:`;
    return Array.from({ length: this.partitions }, (_, index) => {
      const tag = tagNear(`${stem}${index}`, { index, partitions: this.partitions });
      return new PartitionKeys(keyset, index, tag);
    });
  }

  /** The beginning of all names of a keyset's partitions in one of its generations. */
  partitionsStem(keyset: SubscribeKey, generation: number): string {
    return `${schemaVersion}:{${this.prefix}:${escapeTag(keyset)}:${generation}:`;
  }

  /** The hash from a keyset's groups to when each was changed. */
  groupNames(keyset: SubscribeKey): string {
    return `${this.#groupRoot(keyset)}names`;
  }

  /** The hash that says how often a keyset's groups were changed. */
  groupVersions(keyset: SubscribeKey): string {
    return `${this.#groupRoot(keyset)}v`;
  }

  /** The sorted set of a group's channels by the order they were added in. */
  group(keyset: SubscribeKey, group: string): string {
    return `${this.#groupRoot(keyset)}g:${group}`;
  }

  /** The sharded channel where changed groups of a keyset are told. */
  groupNews(keyset: SubscribeKey): string {
    return `${this.#groupRoot(keyset)}news`;
  }

  #groupRoot(keyset: SubscribeKey): string {
    return `${schemaVersion}:{${this.prefix}:${escapeTag(keyset)}:g}:`;
  }
}

/**
 * A tag whose slot lies near the middle of the partition's share of all slots, so that masters with equal shares of the
 * slots have equal shares of the partitions. Deterministic: every node finds the same.
 */
function tagNear(
  stem: string,
  { index, partitions }: { readonly index: number; readonly partitions: number },
): string {
  const share = slotCount / partitions;
  const middle = (index + 0.5) * share;
  for (let attempt = 0; ; attempt++) {
    const tag = `${stem}.${attempt.toString(36)}`;
    if (Math.abs(slotOf(tag) - middle) <= Math.max(share / 8, 4)) return tag;
  }
}

/** The 32-bit FNV-1a hash of a text's UTF-16 code units, low byte first where a unit has two. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** Leaves nothing in a part of a tag that ends the tag or the part. */
function escapeTag(part: string): string {
  return part.replace(/[%{}:]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

function at(partitions: readonly PartitionKeys[], index: number): PartitionKeys {
  const partition = partitions[index];
  if (partition === undefined) throw new RangeError(`There is no partition ${index}.`);
  return partition;
}
