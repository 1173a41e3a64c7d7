/** Subscribe: the handshake and the poll. */
import type { States } from "../machine/presence.ts";
import type { Cursor, Wish } from "../machine/subscribe.ts";
import { namesOf } from "../machine/targets.ts";
import type { Settings } from "../options.ts";
import type { Answer, Question } from "./ask.ts";
import { field, isCount, isList, isText, must } from "./reply.ts";
import { statesText } from "./seats.ts";

/** Where to go on, and what has happened; the items are as they came. */
export interface PollAnswer {
  readonly cursor: Cursor;
  readonly items: readonly unknown[];
}

/** What to ask for. */
export interface Poll {
  readonly wish: Wish;
  /** `undefined` for a handshake. */
  readonly cursor: Cursor | undefined;
}

/** What a handshake or a poll asks. `states` are told by handshakes only. */
export function subscribeQuestion(
  settings: Settings<unknown>,
  { wish, cursor }: Poll,
  states: States,
): Question {
  const { channels, groups } = namesOf(wish.targets);
  return {
    path: ["v2", "subscribe", settings.subscribeKey, channels, 0],
    query: {
      "channel-group": groups,
      tt: cursor?.timetoken ?? 0,
      tr: cursor?.region,
      heartbeat: settings.presenceTimeoutSeconds,
      // A state in a poll would be set when that arrives, and may be old by then.
      state: cursor ? "" : statesText(states),
      "filter-expr": wish.filter,
      details: 1,
    },
  };
}

/** Reads the answer to either. Throws `malformed-reply`. */
export function readPoll({ json }: Answer): PollAnswer {
  const timetoken = must(field(json, "t", "t"), isTimetoken);
  return {
    cursor: { timetoken, region: must(field(json, "t", "r"), isCount) },
    items: must(field(json, "m"), isList),
  };
}

function isTimetoken(value: unknown): value is string {
  return isText(value) && /^\d{1,20}$/.test(value);
}
