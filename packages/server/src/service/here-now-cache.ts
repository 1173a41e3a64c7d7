/**
 * Pages of channels that were asked for lately, so that the encoded answer of a hot channel is made once.
 *
 * A page is used again only while the engine says that the channel is unchanged: it is never stale, unless the
 * keyset's policy allows so (`hereNowStaleMs`).
 */
import type { ChannelView, Instant, Keyset, Page, PresenceStore, Scheduler } from "@hereabouts/core";
import {
  type Channel,
  type ChannelOccupancy,
  formatPagePlace,
  type Occupant,
  type PagePlace,
} from "@hereabouts/protocol";

/** Which occupants to see. */
export interface PageWish {
  readonly limit: number;
  readonly offset: number;
  readonly after: PagePlace | undefined;
  /** Whether the policy's word on stale pages is for it. It is not for rosters, which are proven by revisions. */
  readonly mayBeStale: boolean;
}

/** Reads pages of channels, from memory where that is right. */
export interface HereNowCache {
  view(keyset: Keyset, channel: Channel, page: PageWish): Promise<ChannelOccupancy>;
}

interface Kept {
  readonly occupancy: ChannelOccupancy;
  readonly at: Instant;
}

/** Pages kept at most, and occupants in all of them: the least recently made go first. */
const pagesMax = 10_000;
const occupantsMax = 1_000_000;
const noOccupants: readonly Occupant[] = [];

/** Creates a cache that keeps a page for `keepMs` milliseconds; 0 keeps none. */
export function createHereNowCache(
  presence: PresenceStore,
  scheduler: Scheduler,
  keepMs: number,
): HereNowCache {
  const pages = new Map<string, Kept>();
  let occupants = 0;

  function forget(key: string): void {
    occupants -= pages.get(key)?.occupancy.occupants.length ?? 0;
    pages.delete(key);
  }

  function keep(key: string, kept: Kept): void {
    forget(key);
    pages.set(key, kept);
    occupants += kept.occupancy.occupants.length;
    for (const oldest of pages.keys()) {
      if (pages.size <= pagesMax && occupants <= occupantsMax) break;
      forget(oldest);
    }
  }

  return {
    async view(keyset, channel, { mayBeStale, ...page }) {
      const hereNowStaleMs = mayBeStale ? keyset.policy.hereNowStaleMs : 0;
      // A bare count costs the engine no more than a look-up here.
      const isKept = hereNowStaleMs > 0 || (keepMs > 0 && page.limit > 0);
      const now = scheduler.now();
      if (!isKept) return occupancyOf(await presence.channel(keyset.subscribeKey, channel, whole(page), now));
      const place = page.after === undefined ? "" : formatPagePlace(page.after);
      const key = [page.limit, page.offset, place, keyset.subscribeKey, channel].join(" ");
      const kept = pages.get(key);
      if (kept !== undefined && now - kept.at < hereNowStaleMs) return kept.occupancy;
      const unless = kept !== undefined && now - kept.at < keepMs ? kept.occupancy : undefined;
      const view = await presence.channel(keyset.subscribeKey, channel, { ...page, unless }, now);
      if (view.occupants === undefined && kept !== undefined) return kept.occupancy;
      const occupancy = occupancyOf(view);
      keep(key, { occupancy, at: now });
      return occupancy;
    },
  };
}

function whole(page: Omit<PageWish, "mayBeStale">): Page {
  return { ...page, unless: undefined };
}

function occupancyOf(view: ChannelView): ChannelOccupancy {
  return {
    channel: view.channel,
    occupancy: view.occupancy,
    epoch: view.epoch,
    revision: view.revision,
    occupants: view.occupants ?? noOccupants,
    ...(view.runs === undefined ? {} : { runs: view.runs }),
    next: view.next,
  };
}
