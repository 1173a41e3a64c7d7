/** A client for tests: one function per request of the wire specification, nothing remembered, nothing retried. */
import { type Names, pathList, type Query, targetsOf } from "./targets.ts";
import { type HeldPoll, type Keys, type Reply, testKeys, type World } from "./worlds/world.ts";

/** A position to poll from, as the server gave it. */
export interface Cursor {
  readonly t: string;
  readonly r: number;
}

/** What a request may carry beside its user and channels. */
export interface RequestExtras {
  readonly groups?: readonly string[];
  /** Seconds; sent as it is, so that nonsense can be sent, too. */
  readonly heartbeat?: number | string;
  /** Sent as JSON. */
  readonly state?: unknown;
  readonly filter?: string;
  readonly device?: string;
  /** Anything else. */
  readonly query?: Query;
  /** A connection of its own. Default `shared`. */
  readonly connection?: "shared" | "own";
}

/** One item of an answer to a subscriber; keys as on the wire. */
export interface Envelope {
  readonly a: string;
  readonly f: number;
  readonly e?: number;
  readonly i?: string;
  readonly s?: number;
  readonly p: { readonly t: string; readonly r: number };
  readonly o?: { readonly t: string; readonly r: number };
  readonly k: string;
  readonly c: string;
  readonly u?: unknown;
  readonly d: unknown;
  readonly b?: string;
  readonly cmt?: string;
}

/** A subscriber's answer, checked for its form. */
export interface Delivered {
  readonly cursor: Cursor;
  readonly items: readonly Envelope[];
}

/** Requests of the wire specification against one world, with one keyset's keys. Names may be given as one or as a list. */
export interface TestClient {
  readonly world: World;
  /** Subscribes from nowhere: takes the user's seats and gives a cursor. Throws unless it is answered as it should. */
  handshake(user: string, channels: Names, extras?: RequestExtras): Promise<Cursor>;
  /** A poll from a cursor, held or answered. */
  poll(user: string, channels: Names, cursor: Cursor, extras?: RequestExtras): Promise<HeldPoll>;
  heartbeat(user: string, channels: Names, extras?: RequestExtras): Promise<Reply>;
  leave(user: string, channels: Names, extras?: RequestExtras): Promise<Reply>;
  setState(user: string, channels: Names, state: unknown, extras?: RequestExtras): Promise<Reply>;
  getState(user: string, channels: Names, extras?: RequestExtras): Promise<Reply>;
  hereNow(channels: Names, extras?: RequestExtras): Promise<Reply>;
  globalHereNow(query?: Query): Promise<Reply>;
  whereNow(user: string): Promise<Reply>;
  /** Publishes by GET. */
  publish(user: string, channel: string, payload: unknown, query?: Query): Promise<Reply>;
  signal(user: string, channel: string, payload: unknown, query?: Query): Promise<Reply>;
  addToGroup(group: string, channels: Names): Promise<Reply>;
  removeFromGroup(group: string, channels: Names): Promise<Reply>;
  listGroup(group: string): Promise<Reply>;
  deleteGroup(group: string): Promise<Reply>;
  listGroups(): Promise<Reply>;
}

/** Creates a client of a world's first keyset, or of the one that has these keys. */
export function createTestClient(world: World, keys: Keys = testKeys): TestClient {
  const targets = targetsOf(keys);
  const channelPath = (channels: Names, rest: string): string => `/channel/${pathList(channels)}${rest}`;
  const ask = (rest: string, user: string | undefined, extras: RequestExtras): Promise<Reply> =>
    world.get(targets.presence(rest, queryOf(user, extras)), how(extras));
  const group = (rest: string, query: Query): Promise<Reply> => world.get(targets.group(rest, query));
  return {
    world,
    handshake: async (user, channels, extras = {}) => {
      const reply = await world.get(
        targets.subscribe(channels, { tt: 0, ...queryOf(user, extras) }),
        how(extras),
      );
      const { cursor, items } = readDelivered(reply);
      if (items.length > 0) throw new Error(`A handshake was answered with items: ${reply.text}`);
      return cursor;
    },
    poll: (user, channels, cursor, extras = {}) => {
      const query = { tt: cursor.t, tr: cursor.r, ...queryOf(user, extras) };
      return world.poll(targets.subscribe(channels, query), how(extras));
    },
    heartbeat: (user, channels, extras = {}) => ask(channelPath(channels, "/heartbeat"), user, extras),
    leave: (user, channels, extras = {}) => ask(channelPath(channels, "/leave"), user, extras),
    setState: (user, channels, state, extras = {}) =>
      ask(channelPath(channels, `/uuid/${encodeURIComponent(user)}/data`), user, { ...extras, state }),
    getState: (user, channels, extras = {}) =>
      ask(channelPath(channels, `/uuid/${encodeURIComponent(user)}`), user, extras),
    hereNow: (channels, extras = {}) => ask(channelPath(channels, ""), undefined, extras),
    globalHereNow: (query = {}) => ask("", undefined, { query }),
    whereNow: (user) => ask(`/uuid/${encodeURIComponent(user)}`, undefined, {}),
    publish: (user, channel, payload, query = {}) =>
      world.get(targets.publish(channel, payloadPath(payload), { uuid: user, ...query })),
    signal: (user, channel, payload, query = {}) =>
      world.get(targets.signal(channel, payloadPath(payload), { uuid: user, ...query })),
    addToGroup: (name, channels) => group(`/${encodeURIComponent(name)}`, { add: commaList(channels) }),
    removeFromGroup: (name, channels) =>
      group(`/${encodeURIComponent(name)}`, { remove: commaList(channels) }),
    listGroup: (name) => group(`/${encodeURIComponent(name)}`, {}),
    deleteGroup: (name) => group(`/${encodeURIComponent(name)}/remove`, {}),
    listGroups: () => group("", {}),
  };
}

/** A subscriber's answer read with its form checked: status, cursor, list. Throws with the answer's text. */
export function readDelivered(reply: Reply): Delivered {
  const body = reply.json as { readonly t?: Partial<Cursor>; readonly m?: unknown } | undefined;
  const { t, r } = body?.t ?? {};
  const isWellFormed =
    reply.status === 200 &&
    typeof t === "string" &&
    /^\d{17}$/.test(t) &&
    typeof r === "number" &&
    r !== 0 &&
    Array.isArray(body?.m);
  if (!isWellFormed) throw new Error(`This is no answer to a subscriber: ${reply.status} ${reply.text}`);
  return { cursor: { t, r }, items: body?.m as Envelope[] };
}

/** The timetoken in an answer to a publish. Throws when it was refused. */
export function publishedAt(reply: Reply): string {
  const timetoken = Array.isArray(reply.json) && reply.json[0] === 1 ? reply.json[2] : undefined;
  if (typeof timetoken !== "string") throw new Error(`This was not published: ${reply.status} ${reply.text}`);
  return timetoken;
}

function how(extras: RequestExtras): { readonly connection: "shared" | "own" } {
  return { connection: extras.connection ?? "shared" };
}

function queryOf(user: string | undefined, extras: RequestExtras): Query {
  return {
    uuid: user,
    "channel-group": extras.groups === undefined ? undefined : extras.groups.join(","),
    heartbeat: extras.heartbeat,
    state: extras.state === undefined ? undefined : JSON.stringify(extras.state),
    "filter-expr": extras.filter,
    instanceid: extras.device,
    ...extras.query,
  };
}

function commaList(names: Names): string {
  return typeof names === "string" ? names : names.join(",");
}

function payloadPath(payload: unknown): string {
  return `/${encodeURIComponent(JSON.stringify(payload))}`;
}
