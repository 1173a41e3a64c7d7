/**
 * Where every user sits, kept in the user's own partition. A channel is entered before its seat is taken and taken out
 * after the seat has ended, so an index may have too much, never too little; who reads it asks the channels.
 */
import { type Instant, seatsPerUserMax } from "@hereabouts/core";
import type { Channel, SubscribeKey, UserId } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { type PartitionKeys, seatName } from "../keys.ts";
import type { Reply } from "../port.ts";
import { loadScript } from "../scripts.ts";
import type { EndedSeat, Partitions } from "./partitions.ts";
import { listOf, numberOf, textOf } from "./reply.ts";

/** An entry without a seat of at most this age may be of a seat that is just being taken. */
const settlingMs = 10_000;
/** How often a full index is looked through for what has gone. */
const pruneEveryMs = 10_000;
/** Users of whom it is remembered when that was. */
const prunedUsersMax = 1_000;
const enteredPerCallMax = 500;
const removedPerCallMax = 200;
const verifiedPerCallMax = 500;
const readPerCallMax = 1_000;

const scripts = {
  index: loadScript("index"),
  unindex: loadScript("unindex"),
  user: loadScript("user"),
  verify: loadScript("verify", "seats"),
};

/** A channel in a user's index. */
interface IndexEntry {
  readonly channel: Channel;
  readonly mark: string;
}

/** Whether a user has a seat: not at all, an overdue one, a live one. */
type Presence = "none" | "overdue" | "live";

const presences: readonly Presence[] = ["none", "overdue", "live"];

/** The indexes of all users. */
export class UserIndex {
  readonly #context: EngineContext;
  readonly #partitions: Partitions;
  readonly #prunedAt = new Map<string, Instant>();
  readonly #removals = new Map<PartitionKeys, EndedSeat[]>();
  readonly #removing = new Set<Promise<void>>();
  #marks = 0;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
    this.#context = partitions.context;
  }

  /** Enters channels. Answers their marks; channels that the user has no room for are missing. */
  async enter(
    keyset: SubscribeKey,
    { user, channels }: { readonly user: UserId; readonly channels: readonly Channel[] },
    at: Instant,
  ): Promise<ReadonlyMap<Channel, string>> {
    const marks = new Map<Channel, string>();
    await this.#enter(keyset, { user, channels }, at, marks);
    if (marks.size === channels.length) return marks;
    await this.#settleRemovals();
    await this.#enter(keyset, { user, channels: missing(channels, marks) }, at, marks);
    if (marks.size === channels.length || !(await this.#prune(keyset, user, at))) return marks;
    await this.#enter(keyset, { user, channels: missing(channels, marks) }, at, marks);
    return marks;
  }

  /** Takes ended seats out, soon; nobody waits for it. */
  remove(keyset: SubscribeKey, ended: readonly EndedSeat[]): void {
    for (const seat of ended) {
      const partition = this.#context.keys.partition(keyset, seat.user);
      const waiting = this.#removals.get(partition);
      if (waiting !== undefined) waiting.push(seat);
      else this.#startRemoval(partition, seat);
    }
  }

  /** The channels where a user has a live seat, in the order it took them. Mends the index by the way. */
  async whereNow(keyset: SubscribeKey, user: UserId, at: Instant): Promise<readonly Channel[]> {
    const entries = await this.#read(keyset, user);
    const found = await this.#verify(keyset, { user, channels: entries.map((entry) => entry.channel) }, at);
    this.remove(keyset, stale(entries, { user, found, at }));
    return entries.map((entry) => entry.channel).filter((channel) => found.get(channel) === "live");
  }

  async #enter(
    keyset: SubscribeKey,
    { user, channels }: { readonly user: UserId; readonly channels: readonly Channel[] },
    at: Instant,
    marks: Map<Channel, string>,
  ): Promise<void> {
    const key = this.#context.keys.partition(keyset, user).user(user);
    this.#marks = (this.#marks + 1) % 1_000;
    const least = `${at}${this.#marks.toString().padStart(3, "0")}`;
    const pieces = piecesOf(channels, enteredPerCallMax).map(async (piece) => {
      const args = [least, seatsPerUserMax.toString(), ...piece];
      const reply = listOf(await this.#context.port.run(scripts.index, [key], args));
      for (const [index, channel] of piece.entries()) {
        const mark = textOf(reply[index]);
        if (mark !== "") marks.set(channel, mark);
      }
    });
    await Promise.all(pieces);
  }

  #startRemoval(partition: PartitionKeys, seat: EndedSeat): void {
    this.#removals.set(partition, [seat]);
    this.#context.background.run("A user's index was not brought up to date", () => {
      const removal = new Promise<void>((resolve) => this.#context.scheduler.soon(resolve)).then(() =>
        this.#removeAll(partition),
      );
      this.#removing.add(removal);
      return removal.finally(() => this.#removing.delete(removal));
    });
  }

  async #removeAll(partition: PartitionKeys): Promise<void> {
    const ended = this.#removals.get(partition) ?? [];
    this.#removals.delete(partition);
    const calls = piecesOf(ended, removedPerCallMax).map((piece) => {
      const keys = piece.map((seat) => partition.user(seat.user));
      const args = piece.flatMap((seat) => [seat.channel, seat.mark]);
      return this.#context.port.run(scripts.unindex, keys, args);
    });
    await Promise.all(calls);
  }

  async #settleRemovals(): Promise<void> {
    await Promise.allSettled(this.#removing);
  }

  /** Takes out of a full index what has no seat. Answers whether there was any; looks only now and then. */
  async #prune(keyset: SubscribeKey, user: UserId, at: Instant): Promise<boolean> {
    const key = this.#context.keys.partition(keyset, user).user(user);
    const prunedAt = this.#prunedAt.get(key);
    if (prunedAt !== undefined && at - prunedAt < pruneEveryMs) return false;
    this.#prunedAt.delete(key);
    this.#prunedAt.set(key, at);
    const [oldest] = this.#prunedAt.keys();
    if (this.#prunedAt.size > prunedUsersMax && oldest !== undefined) this.#prunedAt.delete(oldest);
    const entries = await this.#read(keyset, user);
    const found = await this.#verify(keyset, { user, channels: entries.map((entry) => entry.channel) }, at);
    const gone = stale(entries, { user, found, at });
    this.remove(keyset, gone);
    await this.#settleRemovals();
    return gone.length > 0;
  }

  async #read(keyset: SubscribeKey, user: UserId): Promise<readonly IndexEntry[]> {
    const key = this.#context.keys.partition(keyset, user).user(user);
    const entries = new Map<Channel, string>();
    for (let from = 0; from < seatsPerUserMax; from += readPerCallMax) {
      const args = [from.toString(), readPerCallMax.toString()];
      const fields = listOf(await this.#context.port.run(scripts.user, [key], args));
      addEntries(entries, fields);
      if (fields.length < readPerCallMax * 2) break;
    }
    return [...entries].map(([channel, mark]) => ({ channel, mark }));
  }

  async #verify(
    keyset: SubscribeKey,
    { user, channels }: { readonly user: UserId; readonly channels: readonly Channel[] },
    at: Instant,
  ): Promise<ReadonlyMap<Channel, Presence>> {
    const found = new Map<Channel, Presence>();
    const cut = { channelOf: (channel: Channel) => channel, most: verifiedPerCallMax };
    const pieces = this.#partitions.cut(keyset, channels, cut).map(async ({ partition, items }) => {
      const keys = [partition.meta, partition.seats, partition.deadlines];
      const args = items.map((channel) => seatName(channel, user));
      const reply = listOf(await this.#partitions.look(scripts.verify, keys, { at, args }));
      for (const [index, channel] of items.entries()) {
        found.set(channel, presences[numberOf(reply[index])] ?? "none");
      }
    });
    await Promise.all(pieces);
    return found;
  }
}

function addEntries(entries: Map<Channel, string>, fields: readonly Reply[]): void {
  for (let index = 0; index < fields.length; index += 2) {
    entries.set(textOf(fields[index]) as Channel, textOf(fields[index + 1]));
  }
}

/** Entries without a seat, but for those whose seat may be just being taken. */
function stale(
  entries: readonly IndexEntry[],
  {
    user,
    found,
    at,
  }: { readonly user: UserId; readonly found: ReadonlyMap<Channel, Presence>; readonly at: Instant },
): readonly EndedSeat[] {
  return entries
    .filter(({ channel, mark }) => found.get(channel) === "none" && Number(mark) / 1_000 <= at - settlingMs)
    .map(({ channel, mark }) => ({ channel, user, mark }));
}

function missing(channels: readonly Channel[], marks: ReadonlyMap<Channel, string>): readonly Channel[] {
  return channels.filter((channel) => !marks.has(channel));
}

function piecesOf<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  const pieces: (readonly Item[])[] = [];
  for (let from = 0; from < items.length; from += most) pieces.push(items.slice(from, from + most));
  return pieces;
}
