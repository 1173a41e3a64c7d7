/** Reads who asks and what is named: keys, users, devices, channels, groups. Everything read here may be stored. */
import { channelsPerRequestMax, groupsPerRequestMax } from "../model/limits.ts";
import {
  baseName,
  type Channel,
  type DeviceId,
  type Group,
  isPresenceName,
  nameProblem,
  type PublishKey,
  type SubscribeKey,
  type UserId,
  userIdProblem,
} from "../model/names.ts";
import { own } from "../model/own.ts";
import { type FaultNote, type RequestReader, shown } from "./reader.ts";
import { shared } from "./target.ts";

/** The subscribe key in a segment. Whether a keyset has it is the service's to know. */
export function readSubscribeKey(reader: RequestReader, segment: number): SubscribeKey {
  const text = reader.segment(segment);
  if (text.length === 0) reader.fail("invalid-subscribe-key");
  return shared(text) as SubscribeKey;
}

/** The subscribe key in a segment, for renewals: a view of the request, good for finding the keyset. */
export function readRenewingKey(reader: RequestReader, segment: number): SubscribeKey {
  const text = reader.segment(segment);
  if (text.length === 0) reader.fail("invalid-subscribe-key");
  return text as SubscribeKey;
}

/** The publish key in a segment. Whether the keyset has it is the service's to know. */
export function readPublishKey(reader: RequestReader, segment: number): PublishKey {
  return own(reader.segment(segment)) as PublishKey;
}

/** Who the client says it is; `undefined` for a plain observer. */
export function readUser(reader: RequestReader): UserId | undefined {
  const text = reader.query("uuid");
  return text === undefined ? undefined : own(checkedUser(reader, text));
}

/** Who the client says it is, for looks that nothing is kept of: a view of the request. */
export function readAsker(reader: RequestReader): UserId | undefined {
  const text = reader.query("uuid");
  return text === undefined ? undefined : checkedUser(reader, text);
}

/** Who the client says it is, for the commands that act for a user. */
export function readRequiredUser(reader: RequestReader): UserId {
  return own(requiredUser(reader));
}

/**
 * Who the client says it is, for renewals. A view of the request: whoever stores it copies it, and the seat of a user
 * that renews has its name already.
 */
export function readRenewingUser(reader: RequestReader): UserId {
  return requiredUser(reader);
}

/** The user in a path segment. */
export function readPathUser(reader: RequestReader, segment: number): UserId {
  return own(checkedUser(reader, reader.segment(segment)));
}

/** Which of the user's clients it is, where it says so. */
export function readDevice(reader: RequestReader): DeviceId | undefined {
  const text = reader.query("instanceid");
  if (text === undefined) return undefined;
  const problem = userIdProblem(text);
  if (problem !== undefined) reader.fail("invalid-argument", `The instanceid ${shown(text)} ${problem}.`);
  return own(text) as DeviceId;
}

/**
 * The channels listed in a path segment, as written; none for a comma alone. A client names the same channels again
 * and again, so lists that were asked for lately are kept, and shared by all who name them.
 */
export function readChannels(reader: RequestReader, segment: number): readonly Channel[] {
  const raw = reader.rawSegment(segment);
  const known = knownLists.get(raw);
  if (known !== undefined) return known;
  const channels = checkedChannels(reader, reader.segment(segment));
  if (reader.fault === undefined && raw.length <= knownListCharactersMax) keepList(raw, channels);
  return channels;
}

/** The channels listed in a query value, as written. */
export function readQueryChannels(reader: RequestReader, name: string): readonly Channel[] {
  return checkedChannels(reader, reader.query(name) ?? "");
}

/** The one channel in a path segment. */
export function readChannel(reader: RequestReader, segment: number): Channel {
  return checkedName(reader, reader.segment(segment), "channel") as Channel;
}

/** The one group in a path segment. */
export function readGroup(reader: RequestReader, segment: number): Group {
  return checkedName(reader, reader.segment(segment), "channel group") as Group;
}

/** The groups listed in `channel-group`, as written. */
export function readGroups(reader: RequestReader): readonly Group[] {
  const text = reader.query("channel-group");
  return text === undefined ? (noNames as readonly Group[]) : checkedGroups(reader, text);
}

/** The groups in a list. */
export function checkedGroups(reader: FaultNote, text: string): readonly Group[] {
  const groups = checkedNames(reader, text, "channel group") as readonly Group[];
  // A group and its presence companion are one group.
  if (groups.length > groupsPerRequestMax && new Set(groups.map(baseName)).size > groupsPerRequestMax) {
    reader.fail("invalid-argument", `The request names more than ${groupsPerRequestMax} channel groups.`);
  }
  return groups;
}

/** Names without the presence names among them, which mean nothing to commands about seats. */
export function withoutPresence<Name extends string>(names: readonly Name[]): readonly Name[] {
  for (const name of names) {
    if (isPresenceName(name)) return names.filter((each) => !isPresenceName(each));
  }
  return names;
}

const noNames: readonly never[] = [];

/** Lists of channels by the path segment that names them. */
const knownLists = new Map<string, readonly Channel[]>();
const knownListsMax = 4_096;
const knownListCharactersMax = 128;

function keepList(raw: string, channels: readonly Channel[]): void {
  if (knownLists.size >= knownListsMax) knownLists.clear();
  knownLists.set(own(raw), channels);
}

function requiredUser(reader: RequestReader): UserId {
  const text = reader.query("uuid");
  if (text === undefined)
    reader.fail("invalid-argument", "Missing uuid: say who you are with uuid=<user id>.");
  return checkedUser(reader, text ?? "");
}

function checkedUser(reader: RequestReader, text: string): UserId {
  const problem = userIdProblem(text);
  if (problem !== undefined) reader.fail("invalid-argument", `The user id ${shown(text)} ${problem}.`);
  return text as UserId;
}

/** The channels in a list. */
export function checkedChannels(reader: FaultNote, text: string): readonly Channel[] {
  const channels = checkedNames(reader, text, "channel") as readonly Channel[];
  if (channels.length > channelsPerRequestMax) {
    reader.fail(
      "invalid-argument",
      `The request names ${channels.length} channels, more than ${channelsPerRequestMax}.`,
    );
  }
  return channels;
}

/** Splits a list, an escaped comma being as good as a plain one, and drops what is empty or there twice. */
function checkedNames(reader: FaultNote, text: string, noun: string): readonly string[] {
  if (text === "," || text === "") return noNames;
  if (!text.includes(",")) return [checkedName(reader, text, noun)];
  const names = new Set<string>();
  for (const piece of text.split(",")) {
    if (piece.length > 0 && !names.has(piece)) names.add(checkedName(reader, piece, noun));
  }
  return [...names];
}

function checkedName(reader: FaultNote, text: string, noun: string): string {
  const problem = nameProblem(text);
  if (problem !== undefined) reader.fail("invalid-argument", `The ${noun} ${shown(text)} ${problem}.`);
  return shared(text);
}
