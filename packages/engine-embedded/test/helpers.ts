/** What this package's tests share: directories that go away, names with their brand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change, LogEntry, Publication } from "@hereabouts/core";
import type { Channel, Group, JsonText, SubscribeKey, UserId } from "@hereabouts/protocol";
import { onTestFinished } from "vitest";

/** 2026-01-01T00:00:00Z. */
export const start = 1_767_225_600_000;

/** A new directory, removed when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hereabouts-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const keyset = "sub" as SubscribeKey;
export const channelOf = (name: string): Channel => name as Channel;
export const channelsOf = (...names: string[]): readonly Channel[] => names.map(channelOf);
export const groupOf = (name: string): Group => name as Group;
export const userOf = (name: string): UserId => name as UserId;

/** A message on a channel. */
export function message(channel: string, text = "hi"): Publication {
  return {
    kind: "message",
    channel: channelOf(channel),
    publisher: userOf("publisher"),
    payload: JSON.stringify(text) as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  };
}

/** A join in a channel. */
export function joinOf(channel: string, user: string, revision = 1): Change {
  return {
    kind: "join",
    channel: channelOf(channel),
    user: userOf(user),
    state: undefined,
    occupancy: 1,
    revision,
    epoch: "epoch",
    at: start,
  };
}

/** An entry in a few letters: a message's payload, or a change's kind and user. */
export function brief(entry: LogEntry): string {
  if (entry.kind === "interval") return `interval in ${entry.interval.channel}`;
  return entry.kind === "publication"
    ? String(JSON.parse(entry.publication.payload))
    : `${entry.change.kind} ${entry.change.user}`;
}
