/** What is seen: pages of channels, occupied channels, states. Nobody overdue is shown, swept or not. */
import type { ChannelView, Instant, OccupiedChannels, Page } from "@hereabouts/core";
import type { Channel, Occupant, State, SubscribeKey, UserId } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import type { PartitionKeys } from "../keys.ts";
import type { Reply } from "../port.ts";
import { loadScript } from "../scripts.ts";
import type { Partitions } from "./partitions.ts";
import { boundOf, listOf, numberOf, optionalTextOf, textOf } from "./reply.ts";

const statesPerCallMax = 100;
const seatsPerLookMax = 500;
const channelsToldMax = 5_000;
/** Channels that occupied.lua tells at a time. */
const dueChannelsPerCall = 64;

const scripts = {
  view: loadScript("view", "seats"),
  settle: loadScript("settle", "seats"),
  occupied: loadScript("occupied", "seats"),
  states: loadScript("states", "seats"),
};

/** Part of a page. */
interface ViewPart {
  readonly occupancy: number;
  readonly epoch: string;
  readonly revision: number;
  readonly isKnown: boolean;
  readonly occupants: readonly Occupant[];
  /** The order of the last occupant. */
  readonly last: number | undefined;
  readonly isMore: boolean;
  /** Where to go on when the work was cut. */
  readonly cut: { readonly skip: number; readonly after: number } | undefined;
}

/** What view.lua is asked, beyond whose channel it is. */
interface ViewQuestion {
  /** How many seats are overdue; empty to count, `-` when it does not matter. */
  readonly overdue: string;
  readonly unless: Page["unless"];
  /** Empty for the channel's own. */
  readonly epoch: string;
  readonly after: number;
  readonly skip: number;
  readonly limit: number;
}

/** A channel's seats, and how many of them are overdue. */
interface Settled {
  readonly overdue: number;
  readonly seats: number;
}

/** One partition's occupied channels. */
interface OccupiedPart {
  readonly channels: readonly Channel[];
  readonly totalChannels: number;
  readonly totalOccupancy: number;
}

/** Answers what is asked. */
export class Views {
  readonly #context: EngineContext;
  readonly #partitions: Partitions;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
    this.#context = partitions.context;
  }

  /** One page of a channel. Large pages are read in parts; the count is the first part's. */
  async channel(keyset: SubscribeKey, channel: Channel, page: Page, at: Instant): Promise<ChannelView> {
    const partition = this.#context.keys.partition(keyset, channel);
    const question: ViewQuestion = {
      overdue: "",
      unless: page.unless,
      epoch: page.after?.epoch ?? "",
      after: page.after?.place ?? 0,
      skip: page.offset,
      limit: Math.max(0, page.limit),
    };
    let part = await this.#view(partition, channel, question, at);
    if (part.occupancy < 0) {
      const overdue = await this.#countOverdue(partition, channel, at);
      part = await this.#view(partition, channel, { ...question, overdue: overdue.toString() }, at);
    }
    const { occupancy, epoch, revision } = part;
    const view = { channel, occupancy, epoch, revision };
    if (part.isKnown) return { ...view, occupants: undefined, next: undefined };
    const { occupants, isMore, last } = await this.#readOn(partition, channel, { part, page, at });
    const next = isMore && last !== undefined ? { epoch, place: last } : undefined;
    return { ...view, occupants, next };
  }

  /** At most `limit` of the keyset's occupied channels. */
  async occupied(keyset: SubscribeKey, limit: number, at: Instant): Promise<OccupiedChannels> {
    const parts = await Promise.all(
      this.#context.keys.partitionsOf(keyset).map((partition) => this.#occupiedIn(partition, limit, at)),
    );
    return {
      channels: parts.flatMap((part) => part.channels).slice(0, limit),
      totalChannels: parts.reduce((sum, part) => sum + part.totalChannels, 0),
      totalOccupancy: parts.reduce((sum, part) => sum + part.totalOccupancy, 0),
    };
  }

  /** A user's states, in the order of the channels. */
  async states(
    keyset: SubscribeKey,
    { user, channels }: { readonly user: UserId; readonly channels: readonly Channel[] },
    at: Instant,
  ): Promise<readonly (State | undefined)[]> {
    const found = new Map<Channel, State | undefined>();
    const cut = { channelOf: (channel: Channel) => channel, most: statesPerCallMax };
    const pieces = this.#partitions.cut(keyset, channels, cut).map(async ({ partition, items }) => {
      const keys = [partition.meta];
      for (const channel of items) {
        keys.push(partition.seats(channel), partition.states(channel), partition.absences(channel));
      }
      const reply = listOf(await this.#partitions.look(scripts.states, keys, { at, args: [user] }));
      for (const [index, channel] of items.entries()) {
        found.set(channel, optionalTextOf(reply[index]) as State | undefined);
      }
    });
    await Promise.all(pieces);
    return channels.map((channel) => found.get(channel));
  }

  async #view(
    partition: PartitionKeys,
    channel: Channel,
    question: ViewQuestion,
    at: Instant,
  ): Promise<ViewPart> {
    const { overdue, unless, epoch, after, skip, limit } = question;
    const keys = [
      partition.meta,
      partition.seats(channel),
      partition.order(channel),
      partition.deadlines(channel),
      partition.states(channel),
      partition.revision(channel),
    ];
    const known =
      unless === undefined ? ["", "", ""] : [unless.epoch, `${unless.revision}`, `${unless.occupancy}`];
    const args = [overdue, ...known, epoch, `${after}`, `${skip}`, `${limit}`];
    return this.#readPart(listOf(await this.#partitions.look(scripts.view, keys, { at, args })));
  }

  #readPart([occupancy, epoch, revision, kind, told, last, end, skip, after]: readonly Reply[]): ViewPart {
    const fields = told === undefined ? [] : listOf(told);
    const occupants: Occupant[] = [];
    for (let index = 0; index < fields.length; index += 4) {
      occupants.push({
        user: textOf(fields[index]) as UserId,
        since: this.#context.time.leave(numberOf(fields[index + 1])),
        devices: numberOf(fields[index + 2]),
        state: optionalTextOf(fields[index + 3]) as State | undefined,
      });
    }
    const lastText = optionalTextOf(last);
    return {
      occupancy: numberOf(occupancy),
      epoch: textOf(epoch),
      revision: numberOf(revision),
      isKnown: kind === "same",
      occupants,
      last: lastText === undefined ? undefined : Number(lastText),
      isMore: end === "1",
      cut: end === "-" && after ? { skip: numberOf(skip), after: numberOf(after) } : undefined,
    };
  }

  /** Reads a page to its end, where one call did not do. */
  async #readOn(
    partition: PartitionKeys,
    channel: Channel,
    { part, page, at }: { readonly part: ViewPart; readonly page: Page; readonly at: Instant },
  ): Promise<Pick<ViewPart, "occupants" | "isMore" | "last">> {
    if (part.cut === undefined) return part;
    const occupants = [...part.occupants];
    let { last, isMore } = part;
    let cut: ViewPart["cut"] = part.cut;
    while (cut !== undefined) {
      const limit = page.limit - occupants.length;
      const question = { overdue: "-", unless: undefined, epoch: "", ...cut, limit };
      const more: ViewPart = await this.#view(partition, channel, question, at);
      occupants.push(...more.occupants);
      last = more.last ?? last;
      isMore = more.isMore;
      cut = more.cut;
    }
    return { occupants, isMore, last };
  }

  /** Counts the overdue seats of a channel that has too many bounds to check in one call. */
  async #countOverdue(partition: PartitionKeys, channel: Channel, at: Instant): Promise<number> {
    const keys = [partition.meta, partition.due, partition.seats(channel), partition.deadlines(channel)];
    let overdue = 0;
    for (;;) {
      const args = [seatsPerLookMax.toString(), overdue.toString(), channel];
      const [frontier, seats] = listOf(await this.#partitions.look(scripts.settle, keys, { at, args }));
      overdue += listOf(seats).length / 3;
      if (boundOf(frontier) > at) return overdue;
    }
  }

  async #occupiedIn(partition: PartitionKeys, limit: number, at: Instant): Promise<OccupiedPart> {
    const keys = [partition.meta, partition.due, partition.occupied];
    const ask = async (most: number, skip: number): Promise<readonly Reply[]> => {
      const args = [Math.min(most, channelsToldMax).toString(), skip.toString()];
      return listOf(await this.#partitions.look(scripts.occupied, keys, { at, args }));
    };
    let reply = await ask(limit, 0);
    let due = channelsIn(reply[2]);
    let overdue = 0;
    let channelsOverdue = 0;
    const emptied = new Set<Channel>();
    while (due.length > 0) {
      for (const [channel, settled] of await this.#settle(partition, due, at)) {
        overdue += settled.overdue;
        if (settled.overdue > 0) channelsOverdue += 1;
        if (settled.overdue >= settled.seats) emptied.add(channel);
      }
      if (due.length < dueChannelsPerCall) break;
      due = channelsIn((await ask(0, channelsOverdue))[2]);
    }
    if (emptied.size > 0) reply = await ask(limit + emptied.size, 0);
    return {
      channels: channelsIn(reply[3])
        .filter((channel) => !emptied.has(channel))
        .slice(0, limit),
      totalChannels: Math.max(0, numberOf(reply[0]) - emptied.size),
      totalOccupancy: Math.max(0, numberOf(reply[1]) - overdue),
    };
  }

  /** Counts the overdue seats of channels beside all of theirs. */
  async #settle(
    partition: PartitionKeys,
    channels: readonly Channel[],
    at: Instant,
  ): Promise<ReadonlyMap<Channel, Settled>> {
    const keys = [partition.meta, partition.due];
    for (const channel of channels) keys.push(partition.seats(channel), partition.deadlines(channel));
    const args = [seatsPerLookMax.toString(), "0", ...channels];
    const reply = await this.#partitions.look(scripts.settle, keys, { at, args });
    const [frontier, overdue, sizes] = listOf(reply);
    const counts = new Array<number>(channels.length).fill(0);
    const places = listOf(overdue).filter((_, index) => index % 3 === 1);
    for (const place of places) counts[numberOf(place) - 1] = (counts[numberOf(place) - 1] ?? 0) + 1;
    const isWhole = boundOf(frontier) > at;
    const settled = new Map<Channel, Settled>();
    for (const [index, channel] of channels.entries()) {
      const count = isWhole ? (counts[index] ?? 0) : await this.#countOverdue(partition, channel, at);
      settled.set(channel, { overdue: count, seats: numberOf(listOf(sizes)[index]) });
    }
    return settled;
  }
}

function channelsIn(reply: Reply | undefined): readonly Channel[] {
  return listOf(reply).map((channel) => textOf(channel) as Channel);
}
