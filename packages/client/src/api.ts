/** What users of the SDK hold: the client, subscriptions, rosters, and everything they give and take. Types only. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { MessageEvent, PresenceEvent, SubscriptionEvent } from "./api-events.ts";
import type { PresenceError } from "./error.ts";
import type { Scheduling, StreamOpener, Transport } from "./ports.ts";
import type { StateSchema } from "./schema.ts";
import type { Streams } from "./stream-port.ts";

export type * from "./api-events.ts";

/** What a client's generic parameter says about an application. */
export interface ClientTypes {
  /** The state that users attach to their seats. */
  readonly state?: object;
  /** The messages that are published. */
  readonly message?: unknown;
}

/** The state type of an application; any JSON object when it does not say. */
export type StateOf<Types extends ClientTypes> = Types["state"] extends object ? Types["state"] : JsonObject;

/** The message type of an application; unknown when it does not say. */
export type MessageOf<Types extends ClientTypes> = Types extends { readonly message: infer Message }
  ? Message
  : unknown;

/** A JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** How to make a client. */
export interface ClientOptions<Types extends ClientTypes = ClientTypes>
  extends Omit<CoreOptions<Types>, "streams"> {
  /**
   * Whether events come by a stream, a WebSocket, where the server has them and it comes about, and by polls elsewhere
   * (`auto`), or by polls only (`off`). Default `auto`; with a `transport` and no `openStream`, `off`.
   */
  readonly stream?: "auto" | "off";
  /** Opens streams. Default: the platform's `WebSocket`, where there is one. */
  readonly openStream?: StreamOpener;
}

/** How to make a core. */
export interface CoreOptions<Types extends ClientTypes = ClientTypes> {
  /** Where the service is: `https://presence.example.com`, or `http://127.0.0.1:7400`. */
  readonly origin: string;
  /** The keyset's subscribe key. */
  readonly subscribeKey: string;
  /** The keyset's publish key. Needed to publish and to signal. */
  readonly publishKey?: string;
  /** Who the user is: 1-92 characters. */
  readonly userId: string;
  /**
   * Which of the user's clients this is: the user leaves with the last of its devices. Default: a random id, kept for
   * the life of the tab or process.
   */
  readonly deviceId?: string;
  /**
   * Seconds without a sign of life after which the user is gone. 1-3600, a whole number, default 300. Browsers let pages
   * that have been hidden for some minutes act once a minute: with less than about 130 such a page may lose its seat.
   * While there is a stream, that is the sign of life, and how long the user outlives it is the server's to say.
   */
  readonly presenceTimeoutSeconds?: number;
  /**
   * Seconds between heartbeats: from half a second to the presence timeout less half a second. Default: half the presence
   * timeout less one second, and at least half a second. None is sent while there is a stream; one that was silent for so
   * long is asked for a sign of life.
   */
  readonly heartbeatIntervalSeconds?: number;
  /** An access token, sent with every request. */
  readonly token?: string;
  /** Carries requests. Default: `fetch`. */
  readonly transport?: Transport;
  /** Timers, time and dice. Default: the platform's. */
  readonly scheduling?: Scheduling;
  /** How to try again after a failure. */
  readonly retry?: RetryOptions;
  /** Checks states on their way out and in: a Standard Schema (zod, valibot, arktype). Default: no check. */
  readonly stateSchema?: StateSchema<StateOf<Types>>;
  /** What `createStreams` makes: events come by streams then, where the server has them. Default: by polls only. */
  readonly streams?: Streams;
}

/** How to try again after a failure that may pass: no connection, 429, 5xx. `Retry-After` goes before these. */
export interface RetryOptions {
  /** The first delay, in milliseconds. 10-60000, default 500. Each further one is at most twice as long, with jitter. */
  readonly baseMs?: number;
  /** The longest delay, in milliseconds. At least `baseMs`, at most 600000; default 30000. */
  readonly maxMs?: number;
  /** How often a single call (not a subscription, which never gives up) is tried again. 0-10, default 2. */
  readonly callRetries?: number;
}

/** What every call takes besides its own options. */
export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/** One name or several. */
export type Names = string | readonly string[];

/** Channels, groups, or both. */
export interface Targets {
  readonly channels?: Names;
  readonly channelGroups?: Names;
}

/** What to be told of here now. Without channels and groups: the whole keyset. */
export interface HereNowOptions extends Targets, CallOptions {
  /** Whether to include each user's state. Default false. */
  readonly includeState?: boolean;
  /** Whether to list the users, or to count them only. Default true. */
  readonly includeUserIds?: boolean;
  /** Users listed per channel. 0-1000, default 1000. */
  readonly limit?: number;
  /** Users to skip. Default 0. */
  readonly offset?: number;
}

/** A user in a channel. */
export interface Occupant<State> {
  readonly userId: string;
  /** `undefined` when the user has none, or when states were not asked for. */
  readonly state: State | undefined;
}

/** One channel of a here now answer. */
export interface HereNowChannel<State> {
  readonly channelName: string;
  /** Users in the channel, listed or not. */
  readonly occupancy: number;
  /** Empty when users were not asked for. */
  readonly occupants: readonly Occupant<State>[];
}

/** Who is here now: one shape, whatever was asked. */
export interface HereNow<State> {
  /** Channels with somebody in them, listed or not. */
  readonly totalChannels: number;
  /** Seats in all of them: a user in two channels counts twice. */
  readonly totalOccupancy: number;
  /** By channel name. A channel that was asked for by name and is empty has an entry, too. */
  readonly channels: Readonly<Record<string, HereNowChannel<State>>>;
}

/** One page of a channel. */
export interface HereNowPagesOptions extends CallOptions {
  readonly channel: string;
  /** Whether to include each user's state. Default false. */
  readonly includeState?: boolean;
  /** Users per page. 1-1000, default 1000. */
  readonly limit?: number;
}

/** Here now, and its walk through a large channel. */
export interface HereNowCall<State> {
  (options?: HereNowOptions): Promise<HereNow<State>>;
  /** Walks a channel page by page: a user who stays throughout is in exactly one page. */
  pages(options: HereNowPagesOptions): AsyncIterable<HereNowChannel<State>>;
}

/** Whose channels to list. */
export interface WhereNowOptions extends CallOptions {
  /** Default: the client's own user. */
  readonly userId?: string;
}

/** The channels where a user is. */
export interface WhereNow {
  readonly channels: readonly string[];
}

/** Where to set which state. */
export interface SetStateOptions<State> extends Targets, CallOptions {
  /** Replaces the whole state of the client's own user; a plain JSON object. */
  readonly state: State;
}

/** What was set. */
export interface SetStateResult<State> {
  readonly state: State;
}

/** Whose state to read, and where. */
export interface GetStateOptions extends Targets, CallOptions {
  /** Default: the client's own user. */
  readonly userId?: string;
}

/** States by channel name; `undefined` where there is none. */
export interface GetStateResult<State> {
  readonly channels: Readonly<Record<string, State | undefined>>;
}

/** Named sets of channels. */
export interface Groups {
  addChannels(
    options: { readonly channelGroup: string; readonly channels: Names } & CallOptions,
  ): Promise<void>;
  removeChannels(
    options: { readonly channelGroup: string; readonly channels: Names } & CallOptions,
  ): Promise<void>;
  /** A group's channels; none for an unknown group. */
  listChannels(
    options: { readonly channelGroup: string } & CallOptions,
  ): Promise<{ readonly channels: readonly string[] }>;
  /** The keyset's groups. */
  list(options?: CallOptions): Promise<{ readonly channelGroups: readonly string[] }>;
  /** Deletes a group; an unknown one is fine. */
  delete(options: { readonly channelGroup: string } & CallOptions): Promise<void>;
}

/** What to publish. */
export interface PublishOptions<Message> extends CallOptions {
  readonly channel: string;
  /** Any JSON value; 32 KiB with its meta. */
  readonly message: Message;
  /** A JSON object that filters see. */
  readonly meta?: JsonObject;
  readonly customMessageType?: string;
}

/** What to signal. */
export interface SignalOptions<Message> extends CallOptions {
  readonly channel: string;
  /** Any JSON value of at most 64 bytes. */
  readonly message: Message;
  readonly customMessageType?: string;
}

/** Where something published stands: a position of 17 digits. */
export interface Published {
  readonly timetoken: string;
}

/** What to subscribe to. */
export interface SubscribeOptions<State> extends Targets {
  /** Whether to be told of presence in these channels and groups. Default false. */
  readonly withPresence?: boolean;
  /** The own state in every channel named here: set with the subscription, kept, and sent again after every reconnect. */
  readonly state?: State;
  /**
   * A filter expression: what it refuses, presence events included, is not delivered to any subscription of the client.
   * A client has one, and none beside a roster, which needs every event; anything else is refused.
   */
  readonly filter?: string;
}

/** What is going on with the connection, or what could not be told otherwise. */
export type StatusEvent =
  | { readonly type: "connecting" }
  | { readonly type: "connected" }
  /** The connection is lost; the next try comes in `retryInMs`. Nothing is lost: it goes on from the cursor. */
  | { readonly type: "reconnecting"; readonly error: PresenceError; readonly retryInMs: number }
  /** `requested`: by `disconnect` or `close`, or because nothing is subscribed to. `refused`: trying again is no use. */
  | {
      readonly type: "disconnected";
      readonly reason: "requested" | "refused";
      readonly error: PresenceError | undefined;
    }
  /** An iteration kept more events than it may: so many, the oldest, were dropped. */
  | { readonly type: "events-dropped"; readonly count: number }
  /**
   * The server had more for this client than the client read in time: events of these channels were not told. Rosters
   * ask again by themselves. Only streams have such gaps.
   */
  | { readonly type: "gap"; readonly channels: readonly string[] }
  /** A state came that does not fit the schema; the event it came with was not delivered. */
  | {
      readonly type: "invalid-state";
      readonly channel: string;
      readonly userId: string;
      readonly error: PresenceError;
    };

/** The connection's condition. */
export type ConnectionStatus = "connecting" | "connected" | "reconnecting" | "disconnected";

/** Takes something back. Calling it twice is harmless. */
export type Off = () => void;

/**
 * Events of what was subscribed to: an async iterable, and listeners. Several subscriptions of a client share one poll.
 * The first iteration has everything from the subscription on, unless a listener was added before; any other begins where
 * it begins. An iteration keeps at most 10000 events that nobody has taken; then the oldest are dropped, and `onStatus`
 * says so. A listener that throws is reported as the platform reports uncaught errors; nobody else notices.
 */
export interface Subscription<State, Message>
  extends AsyncIterable<SubscriptionEvent<State, Message>>,
    AsyncDisposable {
  onMessage(listener: (event: MessageEvent<Message>) => void): Off;
  onPresence(listener: (event: PresenceEvent<State>) => void): Off;
  onStatus(listener: (event: StatusEvent) => void): Off;
  /** Ends it, and leaves the channels that no other subscription needs. Iterations end. */
  close(): Promise<void>;
}

/** A user of a roster. */
export interface RosterOccupant<State> {
  readonly state: State | undefined;
  /** On how many devices it was there when the roster was last fetched, for that is no event; 1 after a join. */
  readonly devices: number;
  /** Milliseconds since 1970 when it came; in a large channel, of who came since it was fetched, when that was told. */
  readonly since: number;
}

/** Who is in a channel at one moment. Immutable: a new one for every change, sharing what did not change. */
export interface RosterSnapshot<State> {
  readonly channel: string;
  readonly occupants: ReadonlyMap<string, RosterOccupant<State>>;
  readonly occupancy: number;
  /**
   * Whether it is proven to be whole: every change up to it is in it. False before the first answer, while a gap is
   * being closed, and always against a server that gives no revisions. Of a large channel, whose comings and goings are
   * summed up, it has every change up to the last summary, and of those since then what is told one by one.
   */
  readonly complete: boolean;
  /** Milliseconds since 1970 of the last change in it; 0 before the first answer. */
  readonly at: number;
}

/** A channel's roster, kept by here now and events together without a race. Yields every new snapshot, the newest first if one is slow. */
export interface Roster<State> extends AsyncIterable<RosterSnapshot<State>>, AsyncDisposable {
  /** The newest snapshot: the same object until something changes. */
  readonly snapshot: RosterSnapshot<State>;
  /** Calls the listener after every change. */
  subscribe(listener: () => void): Off;
  /** Resolves with the first complete snapshot from now on. */
  ready(options?: CallOptions): Promise<RosterSnapshot<State>>;
  close(): Promise<void>;
}

/** How to watch a channel's roster. */
export interface RosterOptions {
  /** Whether the own user sits in the channel, or only watches. Default `watch`. */
  readonly join?: "join" | "watch";
}

/** A connection to a service, for one user on one device: subscriptions, and the seats that they take. */
export interface Core<Types extends ClientTypes = ClientTypes> extends AsyncDisposable {
  readonly userId: string;
  readonly deviceId: string;
  /**
   * Subscribes, and takes a seat in every channel that is not a presence channel (`NAME-pnpres`). A subscription is told of
   * what happens from its beginning on. What comes by several names of one client is told once by the server, by a
   * channel's own name first: so a subscription to a group is not told of a channel that another subscription of the same
   * client names.
   */
  subscribe(options: SubscribeOptions<StateOf<Types>>): Subscription<StateOf<Types>, MessageOf<Types>>;
  readonly status: ConnectionStatus;
  onStatus(listener: (event: StatusEvent) => void): Off;
  /** Stops polling and heartbeats and leaves; subscriptions stay and go on with `reconnect`. */
  disconnect(): Promise<void>;
  /** Goes on after `disconnect`, from the cursor where it stopped; or at once, when waiting to try again. */
  reconnect(): void;
  /** Ends every subscription and leaves. The client cannot be used any more. Idempotent. */
  close(): Promise<void>;
}

/** The calls: what only asks, and is answered. */
export interface Calls<Types extends ClientTypes = ClientTypes> {
  readonly hereNow: HereNowCall<StateOf<Types>>;
  whereNow(options?: WhereNowOptions): Promise<WhereNow>;
  /**
   * Replaces the own state. Where the user sits by a subscription, the state is kept and told again after a reconnect and
   * with heartbeats, in place of the one the subscription came with.
   */
  setState(options: SetStateOptions<StateOf<Types>>): Promise<SetStateResult<StateOf<Types>>>;
  getState(options: GetStateOptions): Promise<GetStateResult<StateOf<Types>>>;
  readonly channelGroups: Groups;
  publish(options: PublishOptions<MessageOf<Types>>): Promise<Published>;
  signal(options: SignalOptions<MessageOf<Types>>): Promise<Published>;
  /** The service's time, as a position of 17 digits. */
  time(options?: CallOptions): Promise<{ readonly timetoken: string }>;
}

/** Who is there, live. */
export interface Rosters<Types extends ClientTypes = ClientTypes> {
  /** The roster of a channel. Rosters of one channel share one picture; each is closed by itself. */
  roster(channel: string, options?: RosterOptions): Roster<StateOf<Types>>;
}

/** The whole: a core with its calls and its rosters. */
export interface Client<Types extends ClientTypes = ClientTypes>
  extends Core<Types>,
    Calls<Types>,
    Rosters<Types> {}
