/** Here now of channels and of the whole keyset (wire specification §§ 7 and 8). */
import {
  hereNowChannelsMax,
  hereNowOccupantsMax,
  isTracked,
  type Keyset,
  type OccupiedChannels,
  trackedOf,
} from "@hereabouts/core";
import {
  type Channel,
  type ChannelOccupancy,
  failure,
  type HereNowCommand,
  type HereNowOutcome,
  type PagePlace,
  type Result,
  success,
} from "@hereabouts/protocol";
import type { Context, Execute } from "./context.ts";
import { countOnly, type PageWish } from "./here-now-cache.ts";
import { channelsOf } from "./members.ts";

interface Wish {
  readonly includeUsers: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly after?: PagePlace | undefined;
  readonly includeDetails: boolean;
}

/** Who is in the channels named. Channels past the answer's bound are counted, not listed. */
export const hereNow: Execute<"here-now"> = (context, keyset, command) => {
  const [channel] = command.channels;
  if (!command.single || channel === undefined) return hereNowOfMany(context, keyset, command);
  const view = viewOf(context, keyset, channel, pageOf(command, 1));
  return view instanceof Promise ? view.then(ofOne) : ofOne(view);
};

function ofOne(view: ChannelOccupancy): Result<HereNowOutcome> {
  const { occupancy } = view;
  return success({ channels: [view], totalChannels: occupancy > 0 ? 1 : 0, totalOccupancy: occupancy });
}

async function hereNowOfMany(
  context: Context,
  keyset: Keyset,
  command: HereNowCommand,
): Promise<Result<HereNowOutcome>> {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
  const views = await viewsOf(context, keyset, channels, command);
  const occupied = views.filter((view) => view.occupancy > 0);
  return success({
    channels: command.single ? views : occupied.slice(0, hereNowChannelsMax),
    totalChannels: occupied.length,
    totalOccupancy: occupied.reduce((sum, view) => sum + view.occupancy, 0),
  });
}

/** Who is in every occupied channel of the keyset. */
export const globalHereNow: Execute<"global-here-now"> = async (context, keyset, command) => {
  if (!keyset.policy.globalHereNow) return failure("feature-off");
  const occupied = await occupiedChannels(context, keyset);
  const views = await viewsOf(context, keyset, occupied.channels, command);
  const outcome: HereNowOutcome = {
    channels: views.filter((view) => view.occupancy > 0),
    totalChannels: occupied.totalChannels,
    totalOccupancy: occupied.totalOccupancy,
  };
  return success(outcome);
};

/**
 * The channels with occupants and presence. Seats that were taken before a rule took presence from their channel are
 * counted out of the totals as far as the list goes.
 */
async function occupiedChannels({ engine, scheduler }: Context, keyset: Keyset): Promise<OccupiedChannels> {
  const { subscribeKey, policy } = keyset;
  const now = scheduler.now();
  const occupied = await engine.presence.occupied(subscribeKey, hereNowChannelsMax, now);
  const channels = trackedOf(policy, occupied.channels);
  if (channels.length === occupied.channels.length) return occupied;
  const shown = new Set(channels);
  const hidden = occupied.channels.filter((channel) => !shown.has(channel));
  const views = await Promise.all(
    hidden.map((channel) => engine.presence.channel(subscribeKey, channel, countOnly, now)),
  );
  return {
    channels,
    totalChannels: occupied.totalChannels - hidden.length,
    totalOccupancy: views.reduce((sum, view) => sum - view.occupancy, occupied.totalOccupancy),
  };
}

function viewsOf(
  context: Context,
  keyset: Keyset,
  channels: readonly Channel[],
  wish: Wish,
): Promise<readonly ChannelOccupancy[]> {
  const page = pageOf(wish, channels.length);
  return Promise.all(channels.map((channel) => viewOf(context, keyset, channel, page)));
}

const count: PageWish = { limit: 0, offset: 0, after: undefined, mayBeStale: true };
const exactCount: PageWish = { ...count, mayBeStale: false };

/** With many channels each page shrinks, so that no answer grows without bound. */
function pageOf({ includeUsers, limit, offset, after, includeDetails }: Wish, channels: number): PageWish {
  if (!includeUsers) return includeDetails ? exactCount : count;
  const most = Math.ceil(hereNowOccupantsMax / (channels || 1));
  return { limit: Math.min(limit, most), offset, after, mayBeStale: !includeDetails };
}

function viewOf(
  { hereNowCache }: Context,
  keyset: Keyset,
  channel: Channel,
  page: PageWish,
): ChannelOccupancy | Promise<ChannelOccupancy> {
  return isTracked(keyset.policy, channel) ? hereNowCache.view(keyset, channel, page) : nobodyIn(channel);
}

/** A channel without presence looks like one that nobody has ever been in, whoever may still sit there. */
function nobodyIn(channel: Channel): ChannelOccupancy {
  return { channel, occupancy: 0, epoch: "", revision: 0, occupants: [], next: undefined };
}
