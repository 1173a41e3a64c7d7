/** What a client is told that has read too slowly: which channels had news meanwhile, and how they are now. */
import { announce, type IntervalNotice, itemsPerAnswerMax } from "@hereabouts/core";
import {
  baseName,
  type Channel,
  type Delivery,
  isPresenceName,
  isWildcard,
  passes,
  type Timetoken,
} from "@hereabouts/protocol";
import { encodeDeliveries, encodeGap, filterInput } from "@hereabouts/protocol/wire";
import { collect } from "../collect.ts";
import type { Context } from "../context.ts";
import type { Audience } from "./audience.ts";
import { missedPagesMax, refreshedChannelsMax } from "./bounds.ts";
import type { Stream } from "./stream.ts";

/** Tells a stream what it has missed since its cursor. Answers where it goes on. */
export async function tellMissed(context: Context, stream: Stream): Promise<Timetoken> {
  const { audience, cursor } = stream;
  const { topics } = audience.subscription;
  const now = context.scheduler.now();
  const present = await context.engine.log.position(audience.subscribeKey, topics, now);
  const channels = await channelsWithNews(context, audience, { after: cursor, upTo: present });
  if (channels.length === 0) return cursor;
  const deliveries = await refreshes(context, audience, { channels, at: present });
  stream.send(encodeGap(channels, present));
  for (let from = 0; from < deliveries.length; from += itemsPerAnswerMax) {
    const page = deliveries.slice(from, from + itemsPerAnswerMax);
    stream.send(encodeDeliveries(audience.wish, { deliveries: page, cursor: present }));
  }
  return present;
}

/** Channels with news in a part of the log; when there is very much, all that were asked for. */
async function channelsWithNews(
  context: Context,
  audience: Audience,
  { after, upTo }: { readonly after: Timetoken; readonly upTo: Timetoken },
): Promise<readonly Channel[]> {
  const channels = new Set<Channel>();
  let cursor = after;
  for (let page = 0; page < missedPagesMax; page += 1) {
    const found = await collect(context, audience, cursor, context.scheduler.now());
    for (const { item } of found.deliveries) if (item.timetoken <= upTo) channels.add(item.channel);
    if (found.deliveries.length === 0 || found.cursor >= upTo) return [...channels];
    cursor = found.cursor;
  }
  return audience.subscription.topics;
}

/** One summary for each presence channel: its lists would be too long, so it says to read here now. */
async function refreshes(
  context: Context,
  audience: Audience,
  { channels, at }: { readonly channels: readonly Channel[]; readonly at: Timetoken },
): Promise<readonly Delivery[]> {
  const { policy } = context.keysets.get(audience.subscribeKey) ?? audience.keyset;
  const meant = channels.filter((name) => isPresenceName(name) && !isWildcard(baseName(name)));
  const deliveries: Delivery[] = [];
  for (const channel of meant.slice(0, refreshedChannelsMax)) {
    const interval = await noticeOf(context, audience, baseName(channel));
    const item = announce({ kind: "interval", timetoken: at, interval }, policy);
    const match = item && audience.subscription.match(item.channel);
    if (item === undefined || match === undefined) continue;
    if (audience.filter === undefined || passes(audience.filter, filterInput(item))) {
      deliveries.push({ item, match: match.b });
    }
  }
  return deliveries;
}

async function noticeOf(
  { engine, scheduler }: Context,
  audience: Audience,
  channel: Channel,
): Promise<IntervalNotice> {
  const at = scheduler.now();
  const page = { offset: 0, limit: 0, unless: undefined };
  const { occupancy, epoch, revision } = await engine.presence.channel(
    audience.subscribeKey,
    channel,
    page,
    at,
  );
  return { channel, occupancy, epoch, revision, at, hereNowRefresh: true };
}
