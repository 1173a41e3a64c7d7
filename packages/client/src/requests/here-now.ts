/** Here now: who is in some channels, or in all. */
import type { HereNow, HereNowChannel, HereNowOptions } from "../api.ts";
import { isPlainObject } from "../json.ts";
import { checkTargets } from "../names.ts";
import { checkNumber } from "../options.ts";
import { type CallContext, presencePath, readState } from "./context.ts";
import { field, isCount, isList, isText, must, recordOf } from "./reply.ts";

/** Users that are listed per channel at most. */
export const limitMax = 1_000;

/** Makes `hereNow`. */
export function createHereNow<State>(
  context: CallContext<State>,
): (options?: HereNowOptions) => Promise<HereNow<State>> {
  const { ask, settings } = context;
  return async (options = {}) => {
    const {
      channels,
      channelGroups,
      includeState,
      includeUserIds = true,
      limit = limitMax,
      offset = 0,
    } = options;
    const isAll = channels === undefined && channelGroups === undefined;
    const names = isAll ? { channels: [], groups: [] } : checkTargets(options);
    checkNumber(limit, "limit", [0, limitMax, 1]);
    checkNumber(offset, "offset", [0, Number.MAX_SAFE_INTEGER, 1]);
    const question = {
      path: presencePath(settings, ...(isAll ? [] : ["channel", names.channels])),
      query: {
        "channel-group": names.groups,
        state: includeState ? 1 : "",
        disable_uuids: includeUserIds ? "" : 1,
        limit,
        offset,
      },
    };
    const { json } = await ask(question, options);
    // Those that were asked for come first and in that order, empty ones included.
    const found = new Map<string, HereNowChannel<State>>();
    for (const channelName of names.channels)
      found.set(channelName, { channelName, occupancy: 0, occupants: [] });
    const isSingle = !isAll && names.groups.length === 0 && names.channels.length === 1;
    const payload = isSingle
      ? singleAsMulti(names.channels, json)
      : must(field(json, "payload"), isPlainObject);
    for (const [channelName, raw] of Object.entries(must(field(payload, "channels"), isPlainObject))) {
      found.set(channelName, hereNowChannel(channelName, await readChannel(context, channelName, raw)));
    }
    return {
      totalChannels: must(field(payload, "total_channels"), isCount),
      totalOccupancy: must(field(payload, "total_occupancy"), isCount),
      channels: recordOf(found),
    };
  };
}

/** The answer for one channel in the form of that for several. */
function singleAsMulti([channel = ""]: readonly string[], json: unknown): unknown {
  const occupancy = must(field(json, "occupancy"), isCount);
  return {
    channels: recordOf([[channel, json]]),
    total_channels: Math.min(1, occupancy),
    total_occupancy: occupancy,
  };
}

/** A user in a channel, with what only rosters are told. */
export interface DetailedOccupant<State> {
  readonly userId: string;
  readonly state: State | undefined;
  readonly since: number;
  readonly devices: number;
}

/** A channel, read. */
export interface DetailedChannel<State> {
  readonly occupancy: number;
  readonly occupants: readonly DetailedOccupant<State>[];
}

/** Reads what an answer says of a channel. */
export async function readChannel<State>(
  context: CallContext<State>,
  channel: string,
  raw: unknown,
): Promise<DetailedChannel<State>> {
  const occupants: DetailedOccupant<State>[] = [];
  for (const user of must(field(raw, "uuids") ?? [], isList)) {
    const userId = must(isText(user) ? user : field(user, "uuid"), isText);
    const state = await readState(context, field(user, "state"), { channel, userId });
    occupants.push({ userId, state, since: countOr(0, user, "since"), devices: countOr(1, user, "devices") });
  }
  return { occupancy: must(field(raw, "occupancy"), isCount), occupants };
}

/** A channel as users are told of it. */
export function hereNowChannel<State>(
  channelName: string,
  { occupancy, occupants }: DetailedChannel<State>,
): HereNowChannel<State> {
  return { channelName, occupancy, occupants: occupants.map(({ userId, state }) => ({ userId, state })) };
}

function countOr(otherwise: number, value: unknown, key: string): number {
  const count = field(value, key);
  return isCount(count) ? count : otherwise;
}
