/** What the log's scripts answer and what is told of new entries, read and checked. */
import { EngineError, type LogEntry } from "@hereabouts/core";
import { parseTimetoken, type Timetoken } from "@hereabouts/protocol";
import { decodeEntry, decodeEntryText, type LeavingTime } from "../entry.ts";
import type { Reply } from "../port.ts";

/** What `fence.lua` answers. */
export interface FencePage {
  readonly epoch: string;
  /** Nothing can appear at or below it any more. */
  readonly last: Timetoken;
  /** Whether all entries up to `last` were read; else there are more after the last of `entries`. */
  readonly isWhole: boolean;
  readonly entries: readonly LogEntry[];
  /** The newest of what was read, also where it was no entry. */
  readonly readTo: Timetoken;
}

/** What news say. */
export interface News {
  /** The newest entry before these. */
  readonly previous: Timetoken;
  /** The newest of these. */
  readonly to: Timetoken;
  /** `undefined` when there is too much of it to be told. */
  readonly entries: readonly LogEntry[] | undefined;
}

/** What reading needs. */
export interface Reading {
  readonly time: LeavingTime;
  readonly warn: (message: string) => void;
}

/** Reads an answer of `fence.lua`. What is no entry is told and left out: it must not keep what follows from readers. */
export function readFencePage(reply: Reply, reading: Reading): FencePage {
  const [epoch, last, isWhole, ...rest] = listOf(reply);
  const entries: LogEntry[] = [];
  let readTo: Timetoken = 0n;
  for (let index = 0; index + 1 < rest.length; index += 2) {
    readTo = timetokenOf(rest[index]);
    const text = textOf(rest[index + 1]);
    const entry = leniently(reading, () => decodeEntryText(readTo, text, reading.time));
    if (entry !== undefined) entries.push(entry);
  }
  return { epoch: textOf(epoch), last: timetokenOf(last), isWhole: isWhole === 1, entries, readTo };
}

/** Reads news, or `undefined` when they are none. */
export function readNews(text: string, reading: Reading): News | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("prev" in value)) return undefined;
  const previous = newsTimetoken(value.prev);
  if (previous === undefined) return undefined;
  if ("to" in value) {
    const to = newsTimetoken(value.to);
    return to === undefined ? undefined : { previous, to, entries: undefined };
  }
  return "entries" in value ? readToldEntries(previous, value.entries, reading) : undefined;
}

function readToldEntries(previous: Timetoken, value: unknown, reading: Reading): News | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries: LogEntry[] = [];
  let to = previous;
  for (const told of value as readonly unknown[]) {
    const [text, fields] = Array.isArray(told) ? (told as readonly unknown[]) : [];
    const timetoken = newsTimetoken(text);
    if (timetoken === undefined) return undefined;
    to = timetoken;
    const entry = leniently(reading, () => decodeEntry(timetoken, fields, reading.time));
    if (entry !== undefined) entries.push(entry);
  }
  return { previous, to, entries };
}

/** The timetokens of an answer of `append.lua`, and the tip before them. */
export function readAppended(reply: Reply): {
  readonly tip: Timetoken;
  readonly timetokens: readonly Timetoken[];
} {
  const [tip, timetokens] = listOf(reply);
  return { tip: timetokenOf(tip), timetokens: listOf(timetokens).map(timetokenOf) };
}

/** A list of a reply. Throws `EngineError` when it is none. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[];
  throw corrupt(reply);
}

/** A text of a reply. Throws `EngineError` when it is none. */
export function textOf(reply: Reply | undefined): string {
  if (typeof reply === "string") return reply;
  throw corrupt(reply);
}

/** A timetoken of a reply. Throws `EngineError` when it is none. */
export function timetokenOf(reply: Reply | undefined): Timetoken {
  const timetoken = typeof reply === "string" ? parseTimetoken(reply) : undefined;
  if (timetoken === undefined) throw corrupt(reply);
  return timetoken;
}

function newsTimetoken(value: unknown): Timetoken | undefined {
  return typeof value === "string" ? parseTimetoken(value) : undefined;
}

function leniently(reading: Reading, decode: () => LogEntry): LogEntry | undefined {
  try {
    return decode();
  } catch (error) {
    reading.warn(`An entry was left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function corrupt(reply: unknown): EngineError {
  const text = JSON.stringify(reply)?.slice(0, 200);
  return new EngineError("corrupt", `A script of the log answered ${text}.`, { cause: reply });
}
