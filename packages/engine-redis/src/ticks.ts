/** Summaries of large channels behind their port: what the scripts have collected is told by whichever node comes first. */
import type { Instant, IntervalNotice, SummingOf, TickBook } from "@hereabouts/core";
import type { Channel, SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "./context.ts";
import { decodeNoticeText } from "./entry.ts";
import type { PartitionKeys } from "./keys.ts";
import type { Partitions } from "./presence/partitions.ts";
import { boundOf, listOf, numberOf, textOf } from "./presence/reply.ts";
import type { Summings } from "./presence/summings.ts";
import { loadScript } from "./scripts.ts";

const channelsPerCallMax = 8;
const channelsToldMax = 500;

const scripts = { due: loadScript("due"), fire: loadScript("fire", "summaries", "seats") };

/** A channel whose summary is due. */
interface DueChannel {
  readonly partition: PartitionKeys;
  readonly channel: Channel;
  readonly due: Instant;
}

/** The summaries of a cluster. */
export class RedisTickBook implements TickBook {
  readonly #context: EngineContext;
  readonly #partitions: Partitions;
  readonly #summings: Summings;

  constructor(partitions: Partitions) {
    this.#context = partitions.context;
    this.#partitions = partitions;
    this.#summings = partitions.summings;
  }

  /** What earlier lives and other nodes began goes on by itself: it is in Redis. */
  govern(summingOf: SummingOf): void {
    this.#summings.govern(summingOf);
  }

  async fire(keyset: SubscribeKey, now: Instant, limit: number): Promise<readonly IntervalNotice[]> {
    this.#context.gate.pass();
    if (!this.#summings.isGoverned) return [];
    const at = this.#context.time.enter(now);
    const asked = this.#context.keys
      .partitionsOf(keyset)
      .filter((partition) => this.#summings.isToAsk(partition, at));
    if (asked.length === 0) return [];
    const found = await Promise.all(asked.map((partition) => this.#look(partition, { at, limit })));
    const due = found.flat().sort((one, other) => one.due - other.due);
    for (const { partition, due: left } of due.slice(limit)) this.#summings.expect(partition, left);
    return this.#fireAll(keyset, due.slice(0, limit), at);
  }

  /** The channels of a partition that are due, the earliest first. */
  async #look(
    partition: PartitionKeys,
    { at, limit }: { readonly at: Instant; readonly limit: number },
  ): Promise<readonly DueChannel[]> {
    this.#summings.ask(partition, at);
    try {
      const args = [at.toString(), Math.min(limit, channelsToldMax).toString()];
      const [first, ...fields] = listOf(await this.#context.port.run(scripts.due, [partition.ticks], args));
      if (fields.length === 0) this.#summings.expect(partition, boundOf(first));
      const due: DueChannel[] = [];
      for (let index = 0; index < fields.length; index += 2) {
        due.push({
          partition,
          channel: textOf(fields[index]) as Channel,
          due: numberOf(fields[index + 1]),
        });
      }
      return due;
    } catch (error) {
      this.#summings.forget(partition);
      throw error;
    }
  }

  async #fireAll(
    keyset: SubscribeKey,
    due: readonly DueChannel[],
    at: Instant,
  ): Promise<readonly IntervalNotice[]> {
    const cut = { channelOf: ({ channel }: DueChannel) => channel, most: channelsPerCallMax };
    const pieces = this.#partitions.cut(keyset, due, cut).map(async ({ partition, items }) => {
      const channels = items.map(({ channel }) => channel);
      const call = { at, args: channels };
      const piece = { partition, channels, most: channels.length };
      const { rest } = await this.#partitions.change(scripts.fire, piece, call).catch((error: unknown) => {
        this.#summings.forget(partition);
        throw error;
      });
      this.#summings.expect(partition, boundOf(rest[1]));
      return listOf(rest[0]).map((text) => decodeNoticeText(textOf(text), this.#context.time));
    });
    const notices = new Map((await Promise.all(pieces)).flat().map((notice) => [notice.channel, notice]));
    return due.flatMap(({ channel }) => notices.get(channel) ?? []);
  }
}
