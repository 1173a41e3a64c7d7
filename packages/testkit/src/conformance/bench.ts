/** What the conformance suite works with: one engine, one clock, verbs in few words, answers as short texts. */
import {
  type Cancel,
  type Change,
  type ChannelView,
  defaultPolicy,
  type Engine,
  type Instant,
  type IntervalNotice,
  type Keyset,
  type LeaveRequest,
  type LogEntry,
  type LogPage,
  type Page,
  type Publication,
  type SeatRequest,
  type StateRequest,
  type Summing,
  sweepBatch,
  type Touched,
  tickBatch,
} from "@hereabouts/core";
import type {
  Channel,
  DeviceId,
  Group,
  JsonText,
  PublishKey,
  State,
  SubscribeKey,
  Timetoken,
  UserId,
} from "@hereabouts/protocol";
import { onTestFinished } from "vitest";
import { testEpoch } from "../test-clock.ts";

/** What an engine is opened with. */
export interface OpenEngineOptions {
  readonly now: Instant;
  /**
   * Names what the engine keeps things in: a directory, a prefix of keys. No two tests use the same; a test that opens
   * one again, after closing it, expects what was there where the engine keeps it.
   */
  readonly place: string;
}

/** Opens the engine under test. */
export type OpenEngine = (options: OpenEngineOptions) => Promise<Engine>;

/** What the suite has to know of an engine. */
export interface EngineTraits {
  /** What a close leaves for the next open of the same place. */
  readonly keeps: "everything" | "nothing";
}

/** The parts of a request that a test says something about. */
export interface TouchOptions {
  readonly device?: string;
  readonly timeoutSeconds?: number;
  readonly defaultTimeoutSeconds?: number;
  readonly states?: Readonly<Record<string, string>>;
  readonly intent?: SeatRequest["intent"];
}

/** See {@link TouchOptions}. */
export interface LeaveOptions {
  readonly device?: string;
  /** Default 2000. */
  readonly debounceMs?: number;
  /** Default none. */
  readonly graceMs?: number;
}

let places = 0;

/** A place that no test has used. */
export function freshPlace(): string {
  places += 1;
  return `place-${process.pid}-${places}`;
}

/** An engine with a clock, for one test. */
export class Bench {
  readonly place: string;
  /** The keyset that everything is done in. */
  keyset: SubscribeKey = "sub-key" as SubscribeKey;
  now: Instant = testEpoch;
  readonly #open: OpenEngine;
  #engine: Engine | undefined;
  #summingOf: ((channel: Channel) => Summing | undefined) | undefined;

  private constructor(open: OpenEngine) {
    this.#open = open;
    this.place = freshPlace();
  }

  /** Opens an engine on a new place, closed when the test is over. */
  static async open(open: OpenEngine): Promise<Bench> {
    const bench = new Bench(open);
    onTestFinished(() => bench.close());
    await bench.reopen();
    return bench;
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error("the engine is closed");
    return this.#engine;
  }

  async close(): Promise<void> {
    await this.#engine?.close(this.now);
    this.#engine = undefined;
  }

  /** Opens the place again, as it is now. */
  async reopen(): Promise<void> {
    this.#engine = await this.#open({ now: this.now, place: this.place });
    if (this.#summingOf !== undefined) this.govern(this.#summingOf);
  }

  /** Says when channels of any keyset are summed up, now and after every time it is opened again. */
  govern(summingOf: (channel: Channel) => Summing | undefined): void {
    this.#summingOf = summingOf;
    this.engine.ticks.govern((_, channel) => summingOf(channel), this.now);
  }

  /** Sums up what is due. */
  fire(limit: number = tickBatch): Promise<readonly IntervalNotice[]> {
    return this.engine.ticks.fire(this.keyset, this.now, limit);
  }

  advance(ms: number): void {
    this.now += ms;
  }

  async touched(user: string, channels: string, options: TouchOptions = {}): Promise<Touched> {
    return this.engine.presence.touch(this.keyset, seatRequest(user, channels, options), this.now);
  }

  async touch(user: string, channels: string, options: TouchOptions = {}): Promise<string[]> {
    return told((await this.touched(user, channels, options)).changes);
  }

  async leave(user: string, channels: string, options: LeaveOptions = {}): Promise<string[]> {
    const request: LeaveRequest = {
      user: user as UserId,
      device: options.device as DeviceId | undefined,
      channels: names(channels),
      debounceMs: options.debounceMs ?? 2_000,
      ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    };
    return told(await this.engine.presence.leave(this.keyset, request, this.now));
  }

  async setState(user: string, channels: string, state: string, keepMs = 300_000): Promise<string[]> {
    const request: StateRequest = {
      user: user as UserId,
      channels: names(channels),
      state: state as State,
      keepMs,
    };
    return told(await this.engine.presence.setState(this.keyset, request, this.now));
  }

  async sweep(limit: number = sweepBatch): Promise<string[]> {
    return told(await this.engine.presence.sweep(this.keyset, this.now, limit));
  }

  async view(channel: string, page: Partial<Page> = {}): Promise<ChannelView> {
    const whole: Page = { offset: 0, limit: 1_000, unless: undefined };
    return await this.engine.presence.channel(
      this.keyset,
      channel as Channel,
      { ...whole, ...page },
      this.now,
    );
  }

  /** Who is in a channel, in the order of their seats, with their state. */
  async hereNow(channel: string): Promise<string[]> {
    const { occupants = [] } = await this.view(channel);
    return occupants.map(({ user, state }) => (state === undefined ? user : `${user} ${state}`));
  }

  /** Where a user is, by name. */
  async whereNow(user: string): Promise<string[]> {
    return [...(await this.engine.presence.user(this.keyset, user as UserId, this.now))].sort();
  }

  states(user: string, channels: string): Promise<readonly (string | undefined)[]> {
    return this.engine.presence.states(this.keyset, user as UserId, names(channels), this.now);
  }

  publish(channel: string, ...texts: string[]): Promise<readonly Timetoken[]> {
    const publications = texts.map((text) => message(channel, text));
    return this.engine.log.append(this.keyset, publications, this.now);
  }

  async readPage(topics: string, after: Timetoken, limit = 1_000): Promise<LogPage> {
    return this.engine.log.read(this.keyset, names(topics), after, limit, this.now);
  }

  async read(topics: string, after: Timetoken, limit = 1_000): Promise<string[]> {
    return (await this.readPage(topics, after, limit)).entries.map(entryText);
  }

  position(topics: string): Promise<Timetoken> {
    return this.engine.log.position(this.keyset, names(topics), this.now);
  }

  watchLog(topics: string, wake: () => void): Cancel {
    const watch = this.engine.log.watch(this.keyset, names(topics), { wake });
    return () => watch.stop();
  }

  changeGroup(group: string, add: string, remove = "", channelsMax = 100): Promise<boolean> {
    const change = { add: names(add), remove: names(remove) };
    return this.engine.groups.change(this.keyset, group as Group, change, channelsMax);
  }

  groupChannels(group: string): Promise<readonly string[]> {
    return this.engine.groups.channels(this.keyset, group as Group);
  }
}

/** Channels, topics or groups as written with spaces between them. */
export function names(text: string): readonly Channel[] {
  return text.split(" ").filter((name) => name !== "") as Channel[];
}

/** A wish to sit in channels; deliberate, for 300 seconds, from an unnamed device, unless told. */
export function seatRequest(user: string, channels: string, options: TouchOptions = {}): SeatRequest {
  const { states } = options;
  return {
    user: user as UserId,
    device: options.device as DeviceId | undefined,
    channels: names(channels),
    timeoutSeconds: options.timeoutSeconds,
    defaultTimeoutSeconds: options.defaultTimeoutSeconds ?? 300,
    states: states && new Map(Object.entries(states) as [Channel, State][]),
    intent: options.intent ?? "deliberate",
    asksForOwnJoins: true,
  };
}

/** A message on a channel. */
export function message(channel: string, text: string): Publication {
  return {
    kind: "message",
    channel: channel as Channel,
    publisher: "publisher" as UserId,
    payload: JSON.stringify(text) as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  };
}

/** Changes in words: what, who, where, and the occupancy after it. */
export function told(changes: readonly Change[]): string[] {
  return changes.map(({ kind, user, channel, occupancy, state }) => {
    const what = `${kind} ${user} in ${channel} (${occupancy})`;
    return state === undefined ? what : `${what} ${state}`;
  });
}

/** An entry in words: a change, a notice, or a publication's channel and text. */
export function entryText(entry: LogEntry): string {
  if (entry.kind === "interval") return `interval in ${entry.interval.channel} (${entry.interval.occupancy})`;
  if (entry.kind === "change") return told([entry.change])[0] ?? "";
  return `${entry.publication.channel}: ${JSON.parse(entry.publication.payload)}`;
}

/** A keyset with the policy of the default. */
export function keysetNamed(name: string): Keyset {
  return {
    subscribeKey: `sub-${name}` as SubscribeKey,
    publishKey: `pub-${name}` as PublishKey,
    policy: defaultPolicy,
  };
}

/** Waits, in real time, until something holds: an engine may wake its watchers later. Fails after five seconds. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 500) throw new Error(`It did not come about that ${what}.`);
    await new Promise((resolve) => {
      setTimeout(resolve, turn < 20 ? 0 : 10);
    });
  }
}
