/** Who sits where, until when, kept in Redis: the presence port over its scripts. */
import type {
  Change,
  ChannelView,
  Instant,
  LeaveRequest,
  OccupiedChannels,
  Page,
  PresenceStore,
  SeatRequest,
  StateRequest,
  Touched,
} from "@hereabouts/core";
import {
  type Channel,
  emptyState,
  type State,
  type SubscribeKey,
  type Timetoken,
  type UserId,
} from "@hereabouts/protocol";
import type { EngineContext } from "./context.ts";
import type { PartitionKeys } from "./keys.ts";
import type { Script } from "./port.ts";
import { holderOf, wholeGraceMs, wholeMs } from "./presence/leases.ts";
import { type LogPlaces, Partitions } from "./presence/partitions.ts";
import { RememberedLeases } from "./presence/remembered.ts";
import { Sweeper } from "./presence/sweeper.ts";
import { Touches } from "./presence/touches.ts";
import { UserIndex } from "./presence/user-index.ts";
import { Views } from "./presence/views.ts";
import { loadScript } from "./scripts.ts";
import { RedisTickBook } from "./ticks.ts";

const channelsPerCallMax = 64;
/** A timeout, and what was asked for. */
const changesPerChannelMax = 2;

const scripts = {
  leave: loadScript("leave", "summaries", "seats"),
  setState: loadScript("set-state", "summaries", "seats"),
};

/** What a presence store needs of the log. */
export interface RedisPresenceOptions {
  /** The order of what this node writes to the log. */
  readonly places: LogPlaces;
  /** Told of the newest entry of every partition that a verb wrote to, and that a sweep asked: a missed wake-up is found. Default: nothing. */
  readonly onTip?: (partition: PartitionKeys, tip: Timetoken) => void;
  /** What this node remembers of leases it renewed. Default: nothing yet, and as much as it may. */
  readonly leases?: RememberedLeases;
}

/** The presence store of a cluster. What goes on in the background is known to the context, and the close waits for it. */
export class RedisPresenceStore implements PresenceStore {
  /** The summaries of what is changed here. */
  readonly ticks: RedisTickBook;
  readonly #context: EngineContext;
  readonly #partitions: Partitions;
  readonly #index: UserIndex;
  readonly #sweeper: Sweeper;
  readonly #touches: Touches;
  readonly #views: Views;

  constructor(context: EngineContext, options: RedisPresenceOptions) {
    const { places, onTip = () => undefined, leases = new RememberedLeases() } = options;
    this.#context = context;
    this.#partitions = new Partitions(context, places, onTip);
    this.#index = new UserIndex(this.#partitions);
    this.#sweeper = new Sweeper({ partitions: this.#partitions, index: this.#index, onTip });
    const rest = { partitions: this.#partitions, index: this.#index };
    this.#touches = new Touches({ ...rest, sweeper: this.#sweeper, leases });
    this.#views = new Views(this.#partitions);
    this.ticks = new RedisTickBook(this.#partitions);
  }

  async touch(keyset: SubscribeKey, request: SeatRequest, now: Instant): Promise<Touched> {
    return this.#touches.touch(keyset, request, this.#enter(now));
  }

  async leave(keyset: SubscribeKey, request: LeaveRequest, now: Instant): Promise<readonly Change[]> {
    const at = this.#enter(now);
    const debounceEndsAt = at + wholeMs(request.debounceMs);
    const graceMs = wholeGraceMs(request.graceMs ?? 0).toString();
    const args = [request.user, holderOf(request.device), debounceEndsAt.toString(), graceMs];
    return this.#change(keyset, { script: scripts.leave, channels: request.channels, args }, at);
  }

  async setState(keyset: SubscribeKey, request: StateRequest, now: Instant): Promise<readonly Change[]> {
    const at = this.#enter(now);
    const state = request.state === emptyState ? "" : request.state;
    const args = [request.user, state, (at + wholeMs(request.keepMs)).toString()];
    return this.#change(keyset, { script: scripts.setState, channels: request.channels, args }, at);
  }

  async sweep(keyset: SubscribeKey, now: Instant, limit: number): Promise<readonly Change[]> {
    return this.#sweeper.sweep(keyset, this.#enter(now), limit);
  }

  async channel(keyset: SubscribeKey, channel: Channel, page: Page, now: Instant): Promise<ChannelView> {
    return this.#views.channel(keyset, channel, page, this.#enter(now));
  }

  async occupied(keyset: SubscribeKey, limit: number, now: Instant): Promise<OccupiedChannels> {
    return this.#views.occupied(keyset, limit, this.#enter(now));
  }

  async user(keyset: SubscribeKey, user: UserId, now: Instant): Promise<readonly Channel[]> {
    return this.#index.whereNow(keyset, user, this.#enter(now));
  }

  async states(
    keyset: SubscribeKey,
    user: UserId,
    channels: readonly Channel[],
    now: Instant,
  ): Promise<readonly (State | undefined)[]> {
    return this.#views.states(keyset, { user, channels }, this.#enter(now));
  }

  #enter(now: Instant): Instant {
    this.#context.gate.pass();
    return this.#context.time.enter(now);
  }

  /** Changes seats of one user, and tells the changes in the order of the channels. */
  async #change(
    keyset: SubscribeKey,
    {
      script,
      channels,
      args,
    }: { readonly script: Script; readonly channels: readonly Channel[]; readonly args: string[] },
    at: Instant,
  ): Promise<readonly Change[]> {
    const cut = { channelOf: (channel: Channel) => channel, most: channelsPerCallMax };
    const found = new Map<Channel, Change[]>();
    const pieces = this.#partitions.cut(keyset, channels, cut).map(async ({ partition, items }) => {
      const call = { at, args: [...args, ...items] };
      const reply = await this.#partitions.change(
        script,
        { partition, channels: items, most: items.length * changesPerChannelMax },
        call,
      );
      this.#sweeper.expect(partition, reply.leastDeadline);
      this.#index.remove(keyset, reply.ended);
      for (const change of reply.changes)
        found.set(change.channel, [...(found.get(change.channel) ?? []), change]);
    });
    await Promise.all(pieces);
    return channels.flatMap((channel) => found.get(channel) ?? []);
  }
}
