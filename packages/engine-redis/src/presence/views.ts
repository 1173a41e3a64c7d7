/** What is seen: pages of channels, occupied channels, states. Nobody overdue is shown, swept or not. */
import type { ChannelView, Instant, OccupiedChannels, Page } from "@hereabouts/core";
import type { Channel, Occupant, State, SubscribeKey, UserId } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import type { PartitionKeys } from "../keys.ts";
import type { Reply } from "../port.ts";
import { loadScript } from "../scripts.ts";
import { lookForOverdue } from "./overdue.ts";
import type { Partitions } from "./partitions.ts";
import { listOf, numberOf, optionalTextOf, textOf } from "./reply.ts";

const statesPerCallMax = 100;
const countedPerCallMax = 1_000;
const channelsToldMax = 10_000;
const channelsCountedMax = 5_000;

const scripts = {
  view: loadScript("view", "seats"),
  count: loadScript("count", "seats"),
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
      const keys = [partition.meta, partition.seats, partition.deadlines];
      for (const channel of items) keys.push(partition.states(channel), partition.absences(channel));
      const reply = listOf(await this.#partitions.look(scripts.states, keys, { at, args: [user, ...items] }));
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
      partition.seats,
      partition.deadlines,
      partition.order(channel),
      partition.states(channel),
      partition.revision(channel),
    ];
    const known =
      unless === undefined ? ["", "", ""] : [unless.epoch, `${unless.revision}`, `${unless.occupancy}`];
    const args = [channel, overdue, ...known, epoch, `${after}`, `${skip}`, `${limit}`];
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

  /** Counts the overdue seats of a large channel where too many bounds have come to look at all in one call. */
  async #countOverdue(partition: PartitionKeys, channel: Channel, at: Instant): Promise<number> {
    const keys = [partition.meta, partition.seats, partition.deadlines, partition.order(channel)];
    let overdue = 0;
    for (let rank = 0; ; rank += countedPerCallMax) {
      const args = [channel, rank.toString(), countedPerCallMax.toString()];
      const [looked, found] = listOf(await this.#partitions.look(scripts.count, keys, { at, args }));
      overdue += numberOf(found);
      if (numberOf(looked) < countedPerCallMax) return overdue;
    }
  }

  async #occupiedIn(partition: PartitionKeys, limit: number, at: Instant): Promise<OccupiedPart> {
    const overdue = await this.#overdueByChannel(partition, at);
    const doubtful = [...overdue.keys()];
    const most = Math.min(limit === 0 ? 0 : limit + doubtful.length, channelsToldMax);
    const emptied = new Set<Channel>();
    const ask = async (told: number, counted: readonly Channel[]): Promise<readonly Reply[]> => {
      const args = [told.toString(), ...counted];
      const keys = [partition.meta, partition.occupied];
      const reply = listOf(await this.#partitions.look(scripts.occupied, keys, { at, args }));
      for (const [index, count] of listOf(reply[3]).entries()) {
        const channel = counted[index];
        if (channel !== undefined && numberOf(count) <= (overdue.get(channel) ?? 0)) emptied.add(channel);
      }
      return reply;
    };
    for (let from = channelsCountedMax; from < doubtful.length; from += channelsCountedMax) {
      await ask(0, doubtful.slice(from, from + channelsCountedMax));
    }
    const [channels, seats, told] = await ask(most, doubtful.slice(0, channelsCountedMax));
    const overdueSeats = [...overdue.values()].reduce((sum, count) => sum + count, 0);
    return {
      channels: channelsIn(told)
        .filter((channel) => !emptied.has(channel))
        .slice(0, limit),
      totalChannels: Math.max(0, numberOf(channels) - emptied.size),
      totalOccupancy: Math.max(0, numberOf(seats) - overdueSeats),
    };
  }

  /** How many overdue seats each channel has, where it has any. */
  async #overdueByChannel(partition: PartitionKeys, at: Instant): Promise<ReadonlyMap<Channel, number>> {
    const counts = new Map<Channel, number>();
    for (let skip = 0; ; ) {
      const { overdue, frontier } = await lookForOverdue(this.#partitions, partition, { at, skip });
      for (const { channel } of overdue) counts.set(channel, (counts.get(channel) ?? 0) + 1);
      skip += overdue.length;
      if (frontier > at) return counts;
    }
  }
}

function channelsIn(reply: Reply | undefined): readonly Channel[] {
  return listOf(reply).map((channel) => textOf(channel) as Channel);
}
