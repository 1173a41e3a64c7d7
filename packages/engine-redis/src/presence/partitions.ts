/** What the presence verbs share: work cut by partition and into pieces that scripts take, and how scripts are called. */
import { type Change, type Instant, logEntriesPerKeysetMax, logRetentionMs } from "@hereabouts/core";
import {
  type Channel,
  parseTimetoken,
  type SubscribeKey,
  type Timetoken,
  type UserId,
} from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { decodeChange } from "../entry.ts";
import { freshEpoch } from "../fresh-epoch.ts";
import type { PartitionKeys } from "../keys.ts";
import type { Reply, Script } from "../port.ts";
import { boundOf, listOf, optionalTextOf, textOf } from "./reply.ts";
import { Summings } from "./summings.ts";

/** A seat that a script ended: who knew of it. */
export interface EndedSeat {
  readonly channel: Channel;
  readonly user: UserId;
  /** What the user's index knows it by. */
  readonly mark: string;
}

/** What a script that changes seats answers. */
export interface SeatReply {
  /** The least deadline that is new; `Infinity` for none. */
  readonly leastDeadline: number;
  readonly changes: readonly Change[];
  readonly ended: readonly EndedSeat[];
  /** What the script answers beyond. */
  readonly rest: readonly Reply[];
}

/** Items that go to one script call. */
export interface Piece<Item> {
  readonly partition: PartitionKeys;
  readonly items: readonly Item[];
}

/** Tells scripts where in the log to write: `RedisEventLog` does. */
export interface LogPlaces {
  place(partition: PartitionKeys, at: Instant, entries: number): string;
}

/** Channels of one partition, and how many changes a call may make in them. */
export interface SeatPiece {
  readonly partition: PartitionKeys;
  readonly channels: readonly Channel[];
  readonly most: number;
}

/** Calls the presence scripts. */
export class Partitions {
  readonly context: EngineContext;
  /** When channels are summed up. */
  readonly summings: Summings = new Summings();
  readonly #places: LogPlaces;
  /** Told of the newest entry of each call: who reads on this node after it sees what it changed. */
  readonly #onTip: (partition: PartitionKeys, tip: Timetoken) => void;
  readonly #entriesMax: string;
  readonly #outageMs: string;

  constructor(
    context: EngineContext,
    places: LogPlaces,
    onTip: (partition: PartitionKeys, tip: Timetoken) => void,
  ) {
    this.context = context;
    this.#onTip = onTip;
    this.#places = places;
    this.#entriesMax = Math.ceil(logEntriesPerKeysetMax / context.keys.partitions).toString();
    this.#outageMs = Math.ceil(context.outageMs ?? 0).toString();
  }

  /** Cuts items by the partition of their channel, and those into pieces. */
  cut<Item>(
    keyset: SubscribeKey,
    items: readonly Item[],
    { channelOf, most }: { readonly channelOf: (item: Item) => Channel; readonly most: number },
  ): readonly Piece<Item>[] {
    const open = new Map<PartitionKeys, Item[]>();
    const pieces: Piece<Item>[] = [];
    for (const item of items) {
      const partition = this.context.keys.partition(keyset, channelOf(item));
      let piece = open.get(partition);
      if (piece === undefined || piece.length >= most) {
        piece = [];
        open.set(partition, piece);
        pieces.push({ partition, items: piece });
      }
      piece.push(item);
    }
    return pieces;
  }

  /** Calls a script that looks at seats. */
  look(
    script: Script,
    keys: readonly string[],
    { at, args }: { readonly at: Instant; readonly args: readonly string[] },
  ): Promise<Reply> {
    return this.context.port.run(script, keys, [...this.#head(at), ...args]);
  }

  /** Calls a script that changes seats in these channels, and makes so many changes at most. */
  async change(
    script: Script,
    { partition, channels, most }: SeatPiece,
    { at, args }: { readonly at: Instant; readonly args: readonly string[] },
  ): Promise<SeatReply> {
    const { meta, log: stream, seats, deadlines, occupied, ticks } = partition;
    const keys = [meta, seats, deadlines, stream, occupied, ticks];
    for (const channel of channels) addChannelKeys(keys, partition, channel);
    const log = [this.#places.place(partition, at, most), this.#entriesMax, logRetentionMs.toString()];
    const summings = this.summings.argument(partition.keyset, channels);
    const reply = await this.context.port.run(script, keys, [...this.#head(at), ...log, summings, ...args]);
    const [least, told, ended, tip, ...rest] = listOf(reply);
    const newest = parseTimetoken(optionalTextOf(tip) ?? "");
    if (newest !== undefined) this.#onTip(partition, newest);
    const changes = listOf(told).map((entry) => decodeChange(textOf(entry), this.context.time));
    this.summings.noteChanges(partition, changes, at);
    return {
      leastDeadline: boundOf(least),
      changes,
      ended: readEnded(listOf(ended)),
      rest,
    };
  }

  #head(at: Instant): [string, string, string] {
    return [at.toString(), freshEpoch(this.context), this.#outageMs];
  }
}

function addChannelKeys(keys: string[], partition: PartitionKeys, channel: Channel): void {
  keys.push(
    partition.order(channel),
    partition.states(channel),
    partition.revision(channel),
    partition.absences(channel),
    partition.visits(channel),
  );
}

function readEnded(fields: readonly Reply[]): readonly EndedSeat[] {
  const ended: EndedSeat[] = [];
  for (let index = 0; index < fields.length; index += 3) {
    ended.push({
      channel: textOf(fields[index]) as Channel,
      user: textOf(fields[index + 1]) as UserId,
      mark: textOf(fields[index + 2]),
    });
  }
  return ended;
}
