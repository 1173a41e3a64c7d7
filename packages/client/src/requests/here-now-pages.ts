/** Here now of one channel, page by page: for rosters, and for users who walk a large channel. */
import type { HereNowChannel, HereNowPagesOptions } from "../api.ts";
import { PresenceError } from "../error.ts";
import type { RosterPage, RosterPageOptions } from "../internal.ts";
import { checkName } from "../names.ts";
import { checkNumber } from "../options.ts";
import { type CallContext, presencePath } from "./context.ts";
import { hereNowChannel, limitMax, readChannel } from "./here-now.ts";
import { field, isCount, isText } from "./reply.ts";

/** Which page to fetch, and how. */
interface PageOptions extends RosterPageOptions {
  readonly limit?: number;
  readonly includeState?: boolean;
}

/** Fetches a page of a channel. */
export type FetchPage<State> = (options: PageOptions) => Promise<RosterPage<State>>;

/** Makes what fetches pages. */
export function createFetchPage<State>(context: CallContext<State>): FetchPage<State> {
  const { ask, settings } = context;
  return async (options) => {
    const { channel, next, limit = limitMax, includeState = true } = options;
    // Ours is a number; the server's own is behind a colon.
    const offset = next === undefined || next.startsWith(":") ? 0 : Number(next);
    const { json } = await ask(
      {
        path: presencePath(settings, "channel", [channel]),
        query: {
          state: includeState ? 1 : "",
          details: 1,
          limit,
          ...(offset ? { offset } : { next: next?.slice(1) }),
        },
      },
      options,
    );
    const page = await readChannel(context, channel, json);
    const epoch = field(json, "epoch");
    const revision = field(json, "revision");
    const place = field(json, "next");
    const end = offset + page.occupants.length;
    if (isText(epoch) && isCount(revision)) {
      return { ...page, epoch, revision, ...(isText(place) && { next: `:${place}` }) };
    }
    // A server without revisions leaves it to be counted whether there is more.
    return { ...page, ...(end > offset && end < page.occupancy && { next: String(end) }) };
  };
}

/** Makes `hereNow.pages`. */
export function createPages<State>(
  fetchPage: FetchPage<State>,
): (options: HereNowPagesOptions) => AsyncIterable<HereNowChannel<State>> {
  return async function* (options) {
    const { includeState = false, limit = limitMax } = options;
    const channelName = checkName(options.channel, "channel");
    checkNumber(limit, "limit", [1, limitMax, 1]);
    let first: RosterPage<State> | undefined;
    let next: { next?: string } | undefined = {};
    while (next !== undefined) {
      const page: RosterPage<State> = await fetchPage({ ...options, includeState, ...next });
      first ??= page;
      if (page.epoch !== first.epoch)
        throw new PresenceError("unavailable", "The channel began anew: walk again.");
      yield hereNowChannel(channelName, page);
      next = page.next === undefined ? undefined : { next: page.next };
    }
  };
}
