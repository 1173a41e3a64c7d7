/** Reads what polls bring. Total: what is no event that we know is nothing, never an error. */
import type { MessageEvent, PresenceEvent, SubscriptionEvent } from "./api.ts";
import { withoutPresence } from "./matching.ts";
import { field, isCount, isList, isText } from "./requests/reply.ts";

/** An event as it came: states and messages are not checked yet, and nobody's subscription is named. */
export type RawEvent = SubscriptionEvent<unknown, unknown>;

/** An item of a poll's answer. */
export interface Item {
  /** The channel it was published on: of presence, the presence channel. */
  readonly channel: string;
  /** The name it was subscribed to by, where the server says. */
  readonly by: string | undefined;
  readonly event: RawEvent;
}

/** Reads an item; `undefined` when it is nothing that this SDK tells of. */
export function decodeItem(raw: unknown): Item | undefined {
  const channel = field(raw, "c");
  const timetoken = field(raw, "p", "t");
  if (!isText(channel) || !isText(timetoken)) return undefined;
  const base = { channel: withoutPresence(channel), subscription: undefined, timetoken };
  const event = base.channel === channel ? messageOf(raw, base) : presenceOf(field(raw, "d"), base);
  return event && { channel, by: textOf(raw, "b"), event };
}

type Base = Pick<RawEvent, "channel" | "subscription" | "timetoken">;

function messageOf(raw: unknown, base: Base): MessageEvent<unknown> | undefined {
  const kind = field(raw, "e") ?? 0;
  if (kind !== 0 && kind !== 1) return undefined;
  return {
    ...base,
    type: kind === 1 ? "signal" : "message",
    message: field(raw, "d"),
    publisher: textOf(raw, "i"),
    // It was JSON text until a moment ago, so it is a JSON value.
    meta: field(raw, "u") as MessageEvent<unknown>["meta"],
    customMessageType: textOf(raw, "cmt"),
  };
}

function presenceOf(data: unknown, start: Base): PresenceEvent<unknown> | undefined {
  const action = field(data, "action");
  const occupancy = field(data, "occupancy");
  const at = field(data, "precise_timestamp") ?? Number(field(data, "timestamp")) * 1_000;
  if (!isCount(occupancy) || !isCount(at)) return undefined;
  const revision = field(data, "revision");
  const epoch = textOf(data, "epoch");
  const life =
    epoch !== undefined && isCount(revision)
      ? { epoch, revision }
      : { epoch: undefined, revision: undefined };
  const base = { ...start, type: "presence", occupancy, at, ...life } as const;
  if (action === "interval") {
    return {
      ...base,
      action,
      joined: textsOf(data, "join"),
      left: textsOf(data, "leave"),
      timedOut: textsOf(data, "timeout"),
      hereNowRefresh: field(data, "here_now_refresh") === true,
    };
  }
  const userId = textOf(data, "uuid");
  if (userId === undefined) return undefined;
  if (action === "join") return { ...base, action, userId, state: field(data, "state") };
  if (action !== "leave" && action !== "timeout" && action !== "state-change") return undefined;
  return { ...base, action, userId, state: field(data, "data") };
}

function textOf(value: unknown, key: string): string | undefined {
  const member = field(value, key);
  return isText(member) ? member : undefined;
}

function textsOf(value: unknown, key: string): readonly string[] {
  const member = field(value, key);
  return isList(member) ? member.filter(isText) : [];
}
