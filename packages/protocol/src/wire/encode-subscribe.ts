/**
 * Writes subscribe answers. An item goes to very many subscribers, so its envelope is written once and kept with it;
 * what is left per subscriber is putting texts together.
 */
import type { SubscribeCommand } from "../model/command.ts";
import type { Delivery, Item, MessageItem, PresenceItem, SubscribeOutcome } from "../model/outcome.ts";
import type { PresenceEvent } from "../model/presence-event.ts";
import { Recent } from "../model/recent.ts";
import { formatTimetoken, type Timetoken } from "../model/timetoken.ts";
import { detailedPayload, hasDetails, presenceMetadata, presencePayload } from "./encode-presence.ts";
import type { WireResponse } from "./http.ts";
import { jsonString } from "./json-text.ts";
import { getHeaders, okReply, region } from "./replies.ts";

/** What a subscriber receives, as a reply. */
export function encodeSubscribe(command: SubscribeCommand, outcome: SubscribeOutcome): WireResponse {
  return okReply(encodeDeliveries(command, outcome), getHeaders);
}

/** What a subscriber receives, as text: the body of an answer, and a frame of a stream. */
export function encodeDeliveries(keys: SubscriberKeys, outcome: SubscribeOutcome): string {
  let envelopes = "";
  for (const delivery of outcome.deliveries) {
    if (envelopes.length > 0) envelopes += ",";
    envelopes += envelopeOf(keys, delivery);
  }
  const offer = outcome.offersStream === true ? ',"stream":1' : "";
  return `{"t":${regional(outcome.cursor)},"m":[${envelopes}]${offer}}`;
}

/** What of a subscriber its envelopes depend on. */
export type SubscriberKeys = Pick<SubscribeCommand, "subscribeKey" | "includeDetails">;

function envelopeOf(keys: SubscriberKeys, delivery: Delivery): string {
  const start = envelopeStart(keys, delivery.item);
  return delivery.match === undefined ? `${start}}` : `${start},"b":${jsonString(delivery.match)}}`;
}

const startsOf = new Recent<Item, string>();
/** Of the items that look different with details. */
const detailedStartsOf = new Recent<Item, string>();

/** An envelope without `b` and the closing brace. An item belongs to one keyset, so its subscribe key is part of it. */
function envelopeStart({ subscribeKey, includeDetails }: SubscriberKeys, item: Item): string {
  const isDetailed = includeDetails && item.kind === "presence" && hasDetails(item.event);
  const starts = isDetailed ? detailedStartsOf : startsOf;
  const known = starts.get(item);
  if (known !== undefined) return known;
  const start =
    item.kind === "presence"
      ? presenceStart(subscribeKey, item, isDetailed ? detailedPayload : presencePayload)
      : messageStart(subscribeKey, item);
  starts.set(item, start);
  return start;
}

function presenceStart(
  subscribeKey: string,
  item: PresenceItem,
  payload: (event: PresenceEvent) => string,
): string {
  const metadata = item.metadata ? `,"u":${presenceMetadata(item.event)}` : "";
  return `{"a":"1","f":0,${addressOf(subscribeKey, item)}${metadata},"d":${payload(item.event)}`;
}

/** `e` is never 0 for a message: it is missing. A signal has no `s`. */
function messageStart(subscribeKey: string, item: MessageItem): string {
  const type = item.kind === "signal" ? ',"e":1' : "";
  const publisher = item.publisher === undefined ? "" : `,"i":${jsonString(item.publisher)}`;
  const sequence = item.kind === "signal" ? "" : `,"s":${item.sequence}`;
  const meta = item.meta === undefined ? "" : `,"u":${item.meta}`;
  const custom = item.customMessageType === undefined ? "" : `,"cmt":${jsonString(item.customMessageType)}`;
  const head = `{"a":"1","f":0${type}${publisher}${sequence},`;
  return `${head}${addressOf(subscribeKey, item)}${meta},"d":${item.payload}${custom}`;
}

function addressOf(subscribeKey: string, item: Item): string {
  const origin = item.kind === "presence" || item.origin === undefined ? "" : `,"o":${regional(item.origin)}`;
  const position = `"p":${regional(item.timetoken)}${origin}`;
  return `${position},"k":${jsonString(subscribeKey)},"c":${jsonString(item.channel)}`;
}

/** A position as it stands in answers and envelopes. */
export function regional(timetoken: Timetoken): string {
  return `{"t":"${formatTimetoken(timetoken)}","r":${region}}`;
}
