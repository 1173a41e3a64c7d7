/**
 * Touches. A heartbeat that changes nothing is a renewal and ends there. A new seat is entered into its user's index
 * first; what is likely to need no new seat (a touch with states) or to get none (one implied by a poll) asks before.
 */
import { type Change, type Instant, ownJoinWindowMs, type SeatRequest, type Touched } from "@hereabouts/core";
import {
  type Channel,
  emptyState,
  parseTimetoken,
  type SubscribeKey,
  type Timetoken,
} from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { loadScript } from "../scripts.ts";
import { holderOf, timeoutText, wholeTimeoutMs } from "./leases.ts";
import type { Partitions, Piece, SeatReply } from "./partitions.ts";
import type { RememberedLeases } from "./remembered.ts";
import { Renewals } from "./renewals.ts";
import { listOf, textOf } from "./reply.ts";
import type { Sweeper } from "./sweeper.ts";
import type { UserIndex } from "./user-index.ts";

const channelsPerCallMax = 64;
/** A timeout, a join and a new state. */
const changesPerChannelMax = 3;
const noChannels: readonly Channel[] = Object.freeze([]);

/** The outcome of most touches, shared between them. */
const nothingHappened: Touched = Object.freeze({
  changes: Object.freeze([]),
  beforeOwnJoins: undefined,
  refusedUntil: undefined,
  channelsOverLimit: noChannels,
});

const script = loadScript("touch", "summaries", "seats");

/** What touches work on. */
export interface TouchesOptions {
  readonly partitions: Partitions;
  readonly index: UserIndex;
  readonly sweeper: Sweeper;
  /** What this node remembers of leases it renewed. */
  readonly leases: RememberedLeases;
}

/** A channel to touch. */
interface Wish {
  readonly channel: Channel;
  /** The mark in the user's index; empty when no seat may be taken. */
  readonly mark: string;
}

/** What one touch has come to so far. */
class Outcome {
  readonly changes = new Map<Channel, Change[]>();
  readonly absent: Channel[] = [];
  overLimit: readonly Channel[] = noChannels;
  refusedUntil: Instant | undefined;
  firstJoin: Timetoken | undefined;

  addChanges(changes: readonly Change[]): void {
    for (const change of changes) {
      const known = this.changes.get(change.channel);
      if (known === undefined) this.changes.set(change.channel, [change]);
      else known.push(change);
    }
  }

  touched(request: SeatRequest): Touched {
    return {
      changes: request.channels.flatMap((channel) => this.changes.get(channel) ?? []),
      beforeOwnJoins: this.firstJoin === undefined ? undefined : this.firstJoin - 1n,
      refusedUntil: this.refusedUntil,
      channelsOverLimit: this.overLimit,
    };
  }
}

/** Seats users and renews their leases. */
export class Touches {
  readonly #context: EngineContext;
  readonly #partitions: Partitions;
  readonly #index: UserIndex;
  readonly #sweeper: Sweeper;
  readonly #renewals: Renewals;

  constructor({ partitions, index, sweeper, leases }: TouchesOptions) {
    this.#context = partitions.context;
    this.#partitions = partitions;
    this.#index = index;
    this.#sweeper = sweeper;
    this.#renewals = new Renewals(partitions.context, leases);
  }

  /** Touches as the port says. */
  async touch(keyset: SubscribeKey, request: SeatRequest, at: Instant): Promise<Touched> {
    const channels = await this.#renew(keyset, request, at);
    if (channels.length === 0) return nothingHappened;
    const outcome = new Outcome();
    const probed = channels.filter((channel) => isProbed(request, channel));
    if (probed.length > 0) await this.#run(keyset, request, { at, outcome, wishes: probed.map(withoutMark) });
    const wanted =
      probed.length === 0
        ? channels
        : channels.filter((channel) => !isProbed(request, channel) || outcome.absent.includes(channel));
    if (wanted.length > 0) await this.#take(keyset, request, { at, outcome, channels: wanted });
    return outcome.touched(request);
  }

  /** Does what is a plain renewal, and answers what else there is to do. */
  async #renew(keyset: SubscribeKey, request: SeatRequest, at: Instant): Promise<readonly Channel[]> {
    const { channels, states } = request;
    if (request.asksForOwnJoins) return channels;
    if (states === undefined) {
      return channels.length === 0 ? channels : this.#renewals.renew(keyset, { request, channels }, at);
    }
    const plain = channels.filter((channel) => !states.has(channel));
    if (plain.length === 0) return channels;
    const failed = new Set(await this.#renewals.renew(keyset, { request, channels: plain }, at));
    return channels.filter((channel) => states.has(channel) || failed.has(channel));
  }

  /** Takes seats; where the user has no room for more, it is told what is against it. */
  async #take(
    keyset: SubscribeKey,
    request: SeatRequest,
    { at, outcome, channels }: { at: Instant; outcome: Outcome; channels: readonly Channel[] },
  ): Promise<void> {
    const marks = await this.#index.enter(keyset, { user: request.user, channels }, at);
    outcome.absent.length = 0;
    const wishes = channels.map((channel) => ({ channel, mark: marks.get(channel) ?? "" }));
    await this.#run(keyset, request, { at, outcome, wishes });
    const absent = new Set(outcome.absent);
    outcome.overLimit = channels.filter((channel) => absent.has(channel));
  }

  async #run(
    keyset: SubscribeKey,
    request: SeatRequest,
    { at, outcome, wishes }: { at: Instant; outcome: Outcome; wishes: readonly Wish[] },
  ): Promise<void> {
    const cut = { channelOf: (wish: Wish) => wish.channel, most: channelsPerCallMax };
    const pieces = this.#partitions.cut(keyset, wishes, cut).map(async (piece) => {
      const reply = await this.#call(request, piece, at);
      this.#sweeper.expect(piece.partition, reply.leastDeadline);
      this.#read(keyset, request, { piece, reply, at, outcome });
    });
    await Promise.all(pieces);
  }

  #call(request: SeatRequest, { partition, items }: Piece<Wish>, at: Instant): Promise<SeatReply> {
    const args = [
      request.user,
      holderOf(request.device),
      timeoutText(request.timeoutSeconds),
      wholeTimeoutMs(request.defaultTimeoutSeconds).toString(),
      request.intent === "implied" ? "i" : "d",
    ];
    for (const { channel, mark } of items) args.push(channel, mark, stateText(request, channel));
    const channels = items.map((wish) => wish.channel);
    return this.#partitions.change(
      script,
      { partition, channels, most: channels.length * changesPerChannelMax },
      { at, args },
    );
  }

  #read(
    keyset: SubscribeKey,
    request: SeatRequest,
    { piece, reply, at, outcome }: { piece: Piece<Wish>; reply: SeatReply; at: Instant; outcome: Outcome },
  ): void {
    const outcomes = listOf(reply.rest[0]).map(textOf);
    const seated = new Set<Channel>();
    for (const [index, { channel }] of piece.items.entries()) {
      const text = outcomes[index] ?? "";
      if (text.startsWith("r")) {
        const until = this.#context.time.leave(Number(text.slice(1)));
        outcome.refusedUntil = Math.max(outcome.refusedUntil ?? until, until);
      } else if (text.startsWith("s")) {
        seated.add(channel);
        const isRecent = Number(text.slice(1, 14)) >= at - ownJoinWindowMs;
        if (request.asksForOwnJoins && isRecent) noteJoin(outcome, text.slice(14));
      } else outcome.absent.push(channel);
    }
    outcome.addChanges(reply.changes);
    this.#index.remove(
      keyset,
      reply.ended.filter((seat) => !seated.has(seat.channel)),
    );
  }
}

/** Whether to ask for a seat before entering one into the user's index. */
function isProbed(request: SeatRequest, channel: Channel): boolean {
  return request.intent === "implied" || request.states?.has(channel) === true;
}

function withoutMark(channel: Channel): Wish {
  return { channel, mark: "" };
}

function stateText({ states }: SeatRequest, channel: Channel): string {
  const state = states?.get(channel);
  if (state === undefined) return "";
  return state === emptyState ? "-" : `=${state}`;
}

function noteJoin(outcome: Outcome, text: string): void {
  const timetoken = parseTimetoken(text) ?? 0n;
  // The join of a large channel is in no log.
  if (timetoken === 0n) return;
  if (outcome.firstJoin === undefined || timetoken < outcome.firstJoin) outcome.firstJoin = timetoken;
}
