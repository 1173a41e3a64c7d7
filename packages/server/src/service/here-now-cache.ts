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
  /** At once where the engine answers at once and nothing is kept. */
  view(keyset: Keyset, channel: Channel, wish: PageWish): ChannelOccupancy | Promise<ChannelOccupancy>;
}

/** What is asked for, and for how many milliseconds a page may be stale. */
interface Asked {
  readonly keyset: Keyset;
  readonly channel: Channel;
  readonly wish: PageWish;
  readonly staleMs: number;
}

interface Kept {
  readonly occupancy: ChannelOccupancy;
  readonly at: Instant;
}

/** Pages kept at most, and occupants in all of them: the least recently made go first. */
const pagesMax = 10_000;
const occupantsMax = 1_000_000;
const noOccupants: readonly Occupant[] = [];
/** The page of a bare count. */
export const countOnly: Page = Object.freeze({ limit: 0, offset: 0, unless: undefined });

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

  async function viewOfPage({ keyset, channel, wish, staleMs }: Asked): Promise<ChannelOccupancy> {
    const { limit, offset, after } = wish;
    const now = scheduler.now();
    const place = after === undefined ? "" : formatPagePlace(after);
    const key = [limit, offset, place, keyset.subscribeKey, channel].join(" ");
    const kept = pages.get(key);
    if (kept !== undefined && now - kept.at < staleMs) return kept.occupancy;
    const unless = kept !== undefined && now - kept.at < keepMs ? kept.occupancy : undefined;
    const page = { limit, offset, after, unless };
    const view = await presence.channel(keyset.subscribeKey, channel, page, now);
    if (view.occupants === undefined && kept !== undefined) return kept.occupancy;
    const occupancy = occupancyOf(view);
    keep(key, { occupancy, at: now });
    return occupancy;
  }

  return {
    view(keyset, channel, wish) {
      const { limit, offset, after, mayBeStale } = wish;
      const staleMs = mayBeStale ? keyset.policy.hereNowStaleMs : 0;
      // A bare count costs the engine no more than a look-up here, and is answered at once where the engine can.
      if (staleMs > 0 || (keepMs > 0 && limit > 0)) return viewOfPage({ keyset, channel, wish, staleMs });
      const page = limit === 0 ? countOnly : { limit, offset, after, unless: undefined };
      const view = presence.channel(keyset.subscribeKey, channel, page, scheduler.now());
      return view instanceof Promise ? view.then(occupancyOf) : occupancyOf(view);
    },
  };
}

function occupancyOf(view: ChannelView): ChannelOccupancy {
  return isShown(view) ? view : { ...view, occupants: noOccupants };
}

function isShown(view: ChannelView): view is ChannelView & ChannelOccupancy {
  return view.occupants !== undefined;
}
