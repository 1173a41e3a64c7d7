/** What each of the servers speaks over its WebSocket, as far as the load needs it. */

/** The servers' languages. `stream` is ours, and the bare server's. */
export type DialectName = "stream" | "socket-io" | "centrifuge";

/** Something told about a channel. */
export interface Told {
  readonly action: string;
  readonly channel: string;
  readonly user: string;
  /** When it happened, in milliseconds since the epoch, where that is told. */
  readonly at?: number | undefined;
}

/** Somebody at one end of a socket. */
export interface Party {
  readonly user: string;
  readonly channel: string;
  /** An observer is told who comes and goes; a member is there as well. */
  readonly role: "observer" | "member" | "idle";
  /** Where it was when it was cut off, for a server that knows such a thing; else it begins now. */
  readonly cursor?: string | undefined;
  /** Whether it asks for what rosters are proven by, as our own client does. Default false. */
  readonly wantsDetails?: boolean;
}

/** What to do next while a socket opens. */
export interface Step {
  readonly send: readonly string[];
  /** It takes part from now on. */
  readonly isReady: boolean;
}

/** A language. */
export interface Dialect {
  /** The target of the upgrade. */
  target(party: Party): string;
  /** What to send first. */
  greet(party: Party): readonly string[];
  /** What follows a frame that came before the socket took part. */
  proceed(party: Party, frame: string): Step;
  /** The answer to a ping of the language's own; `undefined` when the frame is none. */
  pong(frame: string): string | undefined;
  /** What a unit tells. A unit is a frame, or one of its lines where frames have lines. */
  told(unit: string): readonly Told[];
  readonly hasLines: boolean;
  /** Comes or goes, for a socket that takes part in nothing. Ours does that over HTTP. */
  change(action: "join" | "leave", channel: string, id: number): string;
  /** Whether a unit confirms a change. */
  confirms(unit: string): boolean;
}

/** As much of an envelope as is looked at. */
interface Envelope {
  readonly c?: string;
  readonly d?: {
    readonly action?: string;
    readonly uuid?: string;
    readonly precise_timestamp?: number;
  };
}

const nothing: Step = { send: [], isReady: false };
const ready: Step = { send: [], isReady: true };

const stream: Dialect = {
  target: ({ user, channel, role, cursor, wantsDetails }) =>
    `/v3/stream/demo/${role === "observer" ? `${channel}-pnpres` : `${channel},${channel}-pnpres`}` +
    `?uuid=${user}${cursor === undefined ? "" : `&tt=${cursor}&tr=1`}` +
    `${wantsDetails === true ? "&details=1" : ""}&pnsdk=bench%2F1`,
  greet: () => [],
  proceed: (_, frame) => {
    if (frame.startsWith('{"c":"error"')) throw new Error(`The stream answered ${frame}`);
    return frame.includes('"c":"ready"') ? ready : nothing;
  },
  pong: () => undefined,
  hasLines: false,
  told: (unit) => {
    const frame: unknown = JSON.parse(unit);
    if (typeof frame !== "object" || frame === null || !("m" in frame) || !Array.isArray(frame.m)) return [];
    return frame.m.flatMap(({ d, c = "" }: Envelope) => {
      const { action, uuid, precise_timestamp: at } = d ?? {};
      if (action === undefined || uuid === undefined) return [];
      return [{ action, channel: c.replace(/-pnpres$/, ""), user: uuid, at }];
    });
  },
  change: () => {
    throw new Error("Who comes and goes does so over HTTP.");
  },
  confirms: () => false,
};

const socketIo: Dialect = {
  target: () => "/socket.io/?EIO=4&transport=websocket",
  greet: () => [],
  proceed: ({ user, channel, role }, frame) => {
    if (frame.startsWith("0")) return { send: [`40${JSON.stringify({ user })}`], isReady: false };
    if (frame.startsWith("40")) {
      if (role === "idle") return ready;
      return {
        send: [`420${JSON.stringify([role === "observer" ? "watch" : "join", channel])}`],
        isReady: false,
      };
    }
    return frame.startsWith("430") ? ready : nothing;
  },
  pong: (frame) => (frame === "2" ? "3" : undefined),
  hasLines: false,
  told: (unit) => {
    if (!unit.startsWith('42["presence",')) return [];
    const [, told]: [string, Told] = JSON.parse(unit.slice(2));
    return [told];
  },
  change: (action, channel, id) => `42${id}${JSON.stringify([action, channel])}`,
  confirms: (unit) => unit.startsWith("43"),
};

const centrifuge: Dialect = {
  target: () => "/connection/websocket",
  greet: ({ user }) => [JSON.stringify({ id: 1, connect: { token: user } })],
  proceed: ({ channel, role }, frame) => {
    let send: string[] = [];
    for (const line of frame.split("\n")) {
      const reply = JSON.parse(line);
      if (reply.error !== undefined) throw new Error(`centrifuge answered ${line}`);
      if (reply.connect !== undefined) {
        if (role === "idle") return ready;
        send = [JSON.stringify({ id: 2, subscribe: { channel } })];
      }
      if (reply.subscribe !== undefined) return ready;
    }
    return { send, isReady: false };
  },
  pong: (frame) => (frame === "{}" ? "{}" : undefined),
  hasLines: true,
  told: (unit) => {
    const { push } = JSON.parse(unit);
    if (push?.join !== undefined)
      return [{ action: "join", channel: push.channel, user: push.join.info.user }];
    if (push?.leave !== undefined)
      return [{ action: "leave", channel: push.channel, user: push.leave.info.user }];
    return [];
  },
  change: (action, channel, id) =>
    JSON.stringify({ id, [action === "join" ? "subscribe" : "unsubscribe"]: { channel } }),
  confirms: (unit) => unit.startsWith('{"id":'),
};

/** The language of a name. */
export function dialectOf(name: DialectName): Dialect {
  if (name === "stream") return stream;
  return name === "socket-io" ? socketIo : centrifuge;
}
