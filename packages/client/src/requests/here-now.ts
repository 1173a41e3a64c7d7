/** Here now: who is in some channels, in all, or in one of them page by page. */
import type { TargetNames } from "../machine/targets.ts";
import type { Call } from "./call.ts";
import { channelsPath, groupList, presencePath } from "./presence-path.ts";
import { countField, entriesField, field, isCount, listField, malformed, textField } from "./reply.ts";

/** A user in a channel, as the server tells of it. */
export interface RawOccupant {
  readonly userId: string;
  /** Not checked yet. */
  readonly state: unknown;
  readonly since: number;
  readonly devices: number;
}

/** A channel, as the server tells of it. */
export interface RawChannel {
  readonly occupancy: number;
  readonly occupants: readonly RawOccupant[];
}

/** An answer, in one shape for both of its forms. */
export interface RawHereNow {
  readonly totalChannels: number;
  readonly totalOccupancy: number;
  readonly channels: ReadonlyMap<string, RawChannel>;
}

/** A page of a channel, as the server tells of it. */
export interface RawPage extends RawChannel {
  readonly epoch?: string;
  readonly revision?: number;
  readonly next?: string;
}

/** What to tell. */
export interface HereNowWish {
  readonly includeState: boolean;
  readonly includeUserIds: boolean;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** Asks for channels and groups, or for the whole keyset when there are none. */
export function hereNowCall(subscribeKey: string, names: TargetNames, wish: HereNowWish): Call<RawHereNow> {
  const { channels, groups } = names;
  const isAll = channels.length + groups.length === 0;
  return {
    path: isAll ? presencePath(subscribeKey) : channelsPath(subscribeKey, names),
    query: {
      "channel-group": groupList(names),
      state: wish.includeState ? 1 : undefined,
      disable_uuids: wish.includeUserIds ? undefined : 1,
      limit: wish.limit,
      offset: wish.offset,
    },
    read: (json) => {
      const [only] = channels;
      if (only !== undefined && channels.length === 1 && groups.length === 0) return single(only, json);
      const payload = field(json, "payload");
      const found = entriesField(payload, "channels").map(
        ([name, channel]) => [name, channelOf(channel)] as const,
      );
      return {
        totalChannels: countField(payload, "total_channels"),
        totalOccupancy: countField(payload, "total_occupancy"),
        // Those that were asked for come first and in that order, empty ones included.
        channels: new Map([...channels.map((name) => [name, nobody] as const), ...found]),
      };
    },
  };
}

const nobody: RawChannel = { occupancy: 0, occupants: [] };

function single(name: string, json: unknown): RawHereNow {
  const channel = channelOf(json);
  return {
    totalChannels: Math.min(1, channel.occupancy),
    totalOccupancy: channel.occupancy,
    channels: new Map([[name, channel]]),
  };
}

/** Which page to ask for. */
export interface PageWish {
  readonly channel: string;
  readonly includeState: boolean;
  readonly limit: number;
  /** `next` of the page before. */
  readonly next: string | undefined;
}

/** How `next` begins: with the server's own text, or with an offset where the server has none. */
const serverPlace = "next:";
const offsetPlace = "offset:";

/** Asks for a page of a channel. */
export function pageCall(subscribeKey: string, wish: PageWish): Call<RawPage> {
  const { channel, includeState, limit, next } = wish;
  const offset = next?.startsWith(offsetPlace) ? Number(next.slice(offsetPlace.length)) : undefined;
  return {
    path: channelsPath(subscribeKey, { channels: [channel], groups: [] }),
    query: {
      state: includeState ? 1 : undefined,
      details: 1,
      limit,
      offset,
      next: next?.startsWith(serverPlace) ? next.slice(serverPlace.length) : undefined,
    },
    read: (json) => {
      const page = channelOf(json);
      const place = placeAfter(json, page, offset ?? 0);
      return { ...page, ...lifeOf(json), ...(place !== undefined && { next: place }) };
    },
  };
}

function placeAfter(json: unknown, { occupancy, occupants }: RawChannel, offset: number): string | undefined {
  const given = field(json, "next");
  if (typeof given === "string") return serverPlace + given;
  const end = offset + occupants.length;
  // A server that knows revisions says when there is more; another leaves it to be counted.
  if (field(json, "epoch") !== undefined || occupants.length === 0 || end >= occupancy) return undefined;
  return offsetPlace + end;
}

function lifeOf(json: unknown): { readonly epoch?: string; readonly revision?: number } {
  const epoch = field(json, "epoch");
  const revision = field(json, "revision");
  return typeof epoch === "string" && isCount(revision) ? { epoch, revision } : {};
}

function channelOf(json: unknown): RawChannel {
  return {
    occupancy: countField(json, "occupancy"),
    occupants: field(json, "uuids") === undefined ? [] : listField(json, "uuids").map(occupantOf),
  };
}

function occupantOf(item: unknown): RawOccupant {
  if (typeof item === "string") return { userId: item, state: undefined, since: 0, devices: 1 };
  if (typeof item !== "object") return malformed("user id");
  const since = field(item, "since");
  const devices = field(item, "devices");
  return {
    userId: textField(item, "uuid"),
    state: field(item, "state"),
    since: isCount(since) ? since : 0,
    devices: isCount(devices) ? devices : 1,
  };
}
