/**
 * Fills a ledger, or the map of maps, with seats and renews them in random order; prints what that cost as JSON. Run as
 * `measure.ts ledger|maps SEATS CHANNELS RENEWALS`.
 */
import { Ledger } from "../../packages/core/src/ledger.ts";
import { defaultPolicy } from "../../packages/core/src/policy.ts";
import type { SeatRequest } from "../../packages/core/src/ports.ts";
import type { Channel, UserId } from "../../packages/protocol/src/index.ts";
import { MapOfMaps } from "./map-of-maps.ts";

const [kind = "", ...numbers] = process.argv.slice(2);
const [seats = 0, channels = 0, renewals = 0] = numbers.map(Number);
const startsAt = 1_800_000_000_000;
const timeoutSeconds = 300;

interface Kept {
  touch(channel: string, user: string, at: number): void;
  occupancy(channel: string, at: number): number;
}

function ledger(): Kept {
  const kept = new Ledger({ epoch: "bench" });
  // The names below are right by construction.
  const request = (channel: string, user: string): SeatRequest => ({
    user: user as UserId,
    device: undefined,
    channels: [channel as Channel],
    timeoutSeconds,
    defaultTimeoutSeconds: defaultPolicy.presenceTimeoutSeconds,
    states: undefined,
    intent: "deliberate",
    asksForOwnJoins: false,
  });
  return {
    touch: (channel, user, at) => {
      kept.touch(request(channel, user), at);
    },
    occupancy: (channel, at) =>
      kept.channel(channel as Channel, { offset: 0, limit: 0, unless: undefined }, at).occupancy,
  };
}

function maps(): Kept {
  const kept = new MapOfMaps();
  return {
    touch: (channel, user, at) => kept.touch(channel, user, at + timeoutSeconds * 1_000),
    occupancy: (channel) => kept.occupancy(channel),
  };
}

async function heapBytes(): Promise<number> {
  const jsc = process.versions.bun === undefined ? undefined : await import("bun:jsc");
  for (let turn = 0; turn < 3; turn++) {
    if (jsc === undefined) globalThis.gc?.();
    else Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return jsc?.heapStats().heapSize ?? process.memoryUsage().heapUsed;
}

/** Names as they come from the wire: copies of their own, so that the map's keys are what they weigh. */
function userOf(seat: number): string {
  const name = Math.floor(seat / 2).toString(36);
  return Buffer.from(`user-${name.padStart(15, "0")}`, "latin1").toString("latin1");
}

/** Each user sits in two channels. */
function channelOf(seat: number): string {
  const user = Math.floor(seat / 2);
  return `room-${(seat % 2 === 0 ? user * 7 : user * 13 + 1) % channels}`;
}

async function measure(): Promise<Record<string, number>> {
  const kept = kind === "ledger" ? ledger() : maps();
  const base = await heapBytes();
  let at = startsAt;
  const filledFrom = performance.now();
  for (let seat = 0; seat < seats; seat++) {
    if (seat % 4_096 === 0) at += 1;
    kept.touch(channelOf(seat), userOf(seat), at);
  }
  const filledMs = performance.now() - filledFrom;
  const filled = await heapBytes();
  let occupancy = 0;
  for (let channel = 0; channel < channels; channel++) occupancy += kept.occupancy(`room-${channel}`, at);
  // A stride far from any pattern of the names: neighbours in time are strangers in memory.
  const stride = 7_368_787;
  const batch = 50_000;
  let renewMs = 0;
  for (let done = 0; done < renewals; done += batch) {
    const names = Array.from({ length: batch }, (_, index) => {
      const seat = ((done + index) * stride) % seats;
      return [channelOf(seat), userOf(seat)] as const;
    });
    at += 100;
    const from = performance.now();
    for (const [channel, user] of names) kept.touch(channel, user, at);
    renewMs += performance.now() - from;
  }
  let after = 0;
  for (let channel = 0; channel < channels; channel++) after += kept.occupancy(`room-${channel}`, at);
  return {
    bytesPerSeat: (filled - base) / seats,
    joinsPerSecond: seats / (filledMs / 1_000),
    renewalsPerSecond: renewals / (renewMs / 1_000),
    occupancy,
    after,
  };
}

console.log(JSON.stringify(await measure()));
