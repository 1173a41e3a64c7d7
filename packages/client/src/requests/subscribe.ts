/** Subscribe: the handshake and the poll. */
import type { States } from "../machine/presence.ts";
import type { Cursor, Wish } from "../machine/subscribe.ts";
import { namesOf } from "../machine/targets.ts";
import { listSegment } from "../names.ts";
import type { Call } from "./call.ts";
import { statesText } from "./heartbeat.ts";
import { groupList } from "./presence-path.ts";
import { countField, field, listField, malformed, textField } from "./reply.ts";

/** Where to go on, and what has happened; the items are as they came. */
export interface PollAnswer {
  readonly cursor: Cursor;
  readonly items: readonly unknown[];
}

/** What to poll for. */
export interface Poll {
  readonly wish: Wish;
  /** `undefined` for a handshake. */
  readonly cursor: Cursor | undefined;
  /** Told by handshakes. */
  readonly states: States;
  readonly presenceTimeoutSeconds: number;
}

/** Servers hold polls for up to 300 seconds; one that takes longer is lost. */
const pollTimeoutMs = 310_000;

/** Shakes hands, or polls. Not tried again by itself: the machine decides what comes next. */
export function subscribeCall(subscribeKey: string, poll: Poll): Call<PollAnswer> {
  const { wish, cursor, states } = poll;
  const names = namesOf(wish.targets);
  return {
    path: `/v2/subscribe/${encodeURIComponent(subscribeKey)}/${listSegment(names.channels)}/0`,
    query: {
      "channel-group": groupList(names),
      tt: cursor?.timetoken ?? 0,
      tr: cursor?.region,
      heartbeat: poll.presenceTimeoutSeconds,
      state: statesText(states),
      "filter-expr": wish.filter,
    },
    retries: 0,
    ...(cursor !== undefined && { timeoutMs: pollTimeoutMs }),
    read: (json) => {
      const position = field(json, "t");
      const timetoken = textField(position, "t");
      if (!/^\d{1,20}$/.test(timetoken)) malformed("cursor");
      return { cursor: { timetoken, region: countField(position, "r") }, items: listField(json, "m") };
    },
  };
}
