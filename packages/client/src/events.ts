/** Reads what polls bring. Total: what is no event that we know is nothing, never an error. */
import type { MessageEvent, SubscriptionEvent } from "./api.ts";
import { withoutPresence } from "./matching.ts";
import { isCount, isList, isObject, isText } from "./requests/reply.ts";

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
  const { c: channel, p: place, d: data, b: by, ...rest } = membersOf(raw);
  const { t: timetoken } = membersOf(place);
  if (!isText(channel) || !isText(timetoken)) return undefined;
  const base = { channel: withoutPresence(channel), subscription: undefined, timetoken };
  const event = base.channel === channel ? messageOf(base, data, rest) : presenceOf(base, membersOf(data));
  return event && { channel, by: textOr(by), event };
}

type Base = Pick<RawEvent, "channel" | "subscription" | "timetoken">;
type Members = Readonly<Record<string, unknown>>;

function messageOf(base: Base, message: unknown, { e: kind = 0, i, u, cmt }: Members): RawEvent | undefined {
  if (kind !== 0 && kind !== 1) return undefined;
  return {
    ...base,
    type: kind === 1 ? "signal" : "message",
    message,
    publisher: textOr(i),
    // It was JSON text until a moment ago, so it is a JSON value.
    meta: u as MessageEvent<unknown>["meta"],
    customMessageType: textOr(cmt),
  };
}

function presenceOf(start: Base, data: Members): RawEvent | undefined {
  const { action, occupancy, uuid: userId } = data;
  const at = data.precise_timestamp ?? Number(data.timestamp) * 1_000;
  if (!isCount(occupancy) || !isCount(at)) return undefined;
  const epoch = textOr(data.epoch);
  // It says nothing without its epoch.
  const revision = countOr(epoch && data.revision);
  const ahead = data.summed_up === 1 && { isSummedUp: true as const };
  const base = { ...start, type: "presence", occupancy, at, epoch, revision, ...ahead } as const;
  if (action === "interval") {
    return {
      ...base,
      action,
      joined: textsOr(data.join),
      left: textsOr(data.leave),
      timedOut: textsOr(data.timeout),
      hereNowRefresh: data.here_now_refresh === true,
      sinceRevision: countOr(data.since_revision),
      here: new Map(Object.entries(membersOf(data.here))),
    };
  }
  if (!isText(userId)) return undefined;
  if (action !== "join" && action !== "leave" && action !== "timeout" && action !== "state-change")
    return undefined;
  return { ...base, action, userId, state: action === "join" ? data.state : data.data };
}

function membersOf(value: unknown): Members {
  return isObject(value) ? value : {};
}

function textOr(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

function countOr(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function textsOr(value: unknown): readonly string[] {
  return isList(value) ? value.filter(isText) : [];
}
