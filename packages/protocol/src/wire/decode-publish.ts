/** Reads publish and signal, wire specification §§ 13 and 14. */
import type { PublishCommand, SignalCommand } from "../model/command.ts";
import { type JsonText, parseJsonText } from "../model/json.ts";
import { customMessageTypeCharactersMax, messageBytesMax, signalBytesMax } from "../model/limits.ts";
import { type Channel, isPresenceName, isWildcard } from "../model/names.ts";
import { own } from "../model/own.ts";
import { readChannel, readDevice, readPublishKey, readSubscribeKey, readUser } from "./decode-names.ts";
import { readRegionalTimetoken, readTimetoken, refuseCallback } from "./decode-values.ts";
import { exceedsBytes } from "./json-text.ts";
import type { RequestReader } from "./reader.ts";

/** `/publish/{publish key}/{key}/{signature}/{channel}/{callback}/{message}` */
export function decodePublish(reader: RequestReader): PublishCommand {
  return publishOf(reader, own(reader.segment(6)));
}

/** `/publish/{publish key}/{key}/{signature}/{channel}/{callback}` with the message as the body */
export function decodePostedPublish(reader: RequestReader): PublishCommand {
  return publishOf(reader, reader.body ?? "");
}

/** `/signal/{publish key}/{key}/{signature}/{channel}/{callback}/{message}` */
export function decodeSignal(reader: RequestReader): SignalCommand {
  const payload = readJson(reader, own(reader.segment(6)));
  if (exceedsBytes(payload, signalBytesMax)) reader.fail("signal-too-large");
  refuseCallback(reader, 5);
  return {
    kind: "signal",
    publishKey: readPublishKey(reader, 1),
    subscribeKey: readSubscribeKey(reader, 2),
    user: readUser(reader),
    device: readDevice(reader),
    channel: readPublishable(reader),
    payload,
    customMessageType: readCustomMessageType(reader),
  };
}

function publishOf(reader: RequestReader, message: string): PublishCommand {
  const payload = readJson(reader, message);
  const meta = readMeta(reader);
  if (exceedsBytes(meta === undefined ? payload : payload + meta, messageBytesMax)) {
    reader.fail("message-too-large");
  }
  refuseCallback(reader, 5);
  return {
    kind: "publish",
    publishKey: readPublishKey(reader, 1),
    subscribeKey: readSubscribeKey(reader, 2),
    user: readUser(reader),
    device: readDevice(reader),
    channel: readPublishable(reader),
    payload,
    meta,
    customMessageType: readCustomMessageType(reader),
    sequence: reader.count("seqn", { max: Number.MAX_SAFE_INTEGER, absent: 1 }),
    origin: readRegionalTimetoken(reader, "ortt"),
    timetokenOverride: readTimetoken(reader, "ptto"),
    fire: reader.query("store") === "0" && reader.flag("norep"),
  };
}

function readPublishable(reader: RequestReader): Channel {
  const channel = readChannel(reader, 4);
  if (isPresenceName(channel) || isWildcard(channel)) reader.fail("channel-unpublishable");
  return channel;
}

function readMeta(reader: RequestReader): JsonText | undefined {
  const text = reader.query("meta");
  return text === undefined ? undefined : readJson(reader, own(text));
}

function readJson(reader: RequestReader, text: string): JsonText {
  const json = parseJsonText(text);
  if (json === undefined) reader.fail("message-invalid");
  return json ?? nothing;
}

const nothing = "null" as JsonText;

function readCustomMessageType(reader: RequestReader): string | undefined {
  const text = reader.query("custom_message_type");
  if (text === undefined) return undefined;
  // Counted as names are: by code points, of which a text has at most as many as UTF-16 units.
  const characters = text.length > customMessageTypeCharactersMax ? [...text].length : 0;
  if (characters > customMessageTypeCharactersMax) {
    reader.fail(
      "invalid-argument",
      `The custom_message_type has ${characters} characters, more than ${customMessageTypeCharactersMax}.`,
    );
  }
  return own(text);
}
