/** Here now of channels and of the whole keyset (wire specification §§ 7 and 8). */
import {
  hereNowChannelsMax,
  hereNowOccupantsMax,
  isTracked,
  type Keyset,
  type OccupiedChannels,
  type Page,
  trackedOf,
} from "@hereabouts/core";
import {
  type Channel,
  type ChannelOccupancy,
  failure,
  type HereNowOutcome,
  type PagePlace,
  success,
} from "@hereabouts/protocol";
import type { Context, Execute } from "./context.ts";
import { channelsOf } from "./members.ts";

interface Wish {
  readonly includeUsers: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly after?: PagePlace | undefined;
  readonly includeDetails: boolean;
}

/** Who is in the channels named. Channels past the answer's bound are counted, not listed. */
export const hereNow: Execute<"here-now"> = async (context, keyset, command) => {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
  const views = await viewsOf(context, keyset, channels, command);
  const occupied = views.filter((view) => view.occupancy > 0);
  return success({
    channels: command.single ? views : occupied.slice(0, hereNowChannelsMax),
    totalChannels: occupied.length,
    totalOccupancy: occupied.reduce((sum, view) => sum + view.occupancy, 0),
  });
};

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

const countOnly: Page = { offset: 0, limit: 0, unless: undefined };

function viewsOf(
  context: Context,
  keyset: Keyset,
  channels: readonly Channel[],
  wish: Wish,
): Promise<readonly ChannelOccupancy[]> {
  // With many channels each page shrinks, so that no answer grows without bound.
  const limit = wish.includeUsers
    ? Math.min(wish.limit, Math.ceil(hereNowOccupantsMax / (channels.length || 1)))
    : 0;
  const { offset, after, includeDetails } = wish;
  const page = { limit, offset, after, mayBeStale: !includeDetails };
  return Promise.all(
    channels.map((channel) =>
      isTracked(keyset.policy, channel)
        ? context.hereNowCache.view(keyset, channel, page)
        : nobodyIn(channel),
    ),
  );
}

/** A channel without presence looks like one that nobody has ever been in, whoever may still sit there. */
function nobodyIn(channel: Channel): ChannelOccupancy {
  return { channel, occupancy: 0, epoch: "", revision: 0, occupants: [], next: undefined };
}
