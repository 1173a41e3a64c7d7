import type { IntervalNotice, LogEntry } from "@hereabouts/core";
import type { Timetoken } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "../src/snapshot-records.ts";
import { channelOf, joinOf, message, start, userOf } from "./helpers.ts";

const timetoken = 17_000_000_000_000_001n as Timetoken;

const notice: IntervalNotice = {
  channel: channelOf("a"),
  occupancy: 2,
  epoch: "life.1",
  revision: 7,
  at: start,
  joined: [userOf("u")],
  timedOut: [],
  hereNowRefresh: true,
};

const entries: readonly LogEntry[] = [
  { kind: "publication", timetoken, publication: { ...message("a"), origin: 5n as Timetoken } },
  { kind: "change", timetoken, change: joinOf("a", "u") },
  { kind: "interval", timetoken, interval: notice },
];

test.each(entries)("an entry of the kind $kind comes back as it was", (entry) => {
  expect(decodeEntry(JSON.parse(encodeEntry(entry)))).toEqual(entry);
});

test.each([
  ["a notice that does not say whether to refresh", { ...notice, hereNowRefresh: 1 }],
  ["a notice with a user that is no text", { ...notice, joined: [1] }],
  ["a notice without its channel", { ...notice, channel: undefined }],
])("%s is refused", (_, interval) => {
  expect(() => decodeEntry({ timetoken: timetoken.toString(), interval })).toThrow();
});
