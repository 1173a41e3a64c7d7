/**
 * What is on its way to Redis or back, which a test clock does not see itself: scripts and their answers are counted;
 * that no message is under way any more is known when a marker, which every connection is told of last, has arrived.
 */
import { createHash } from "node:crypto";
import type { RedisPort, Script } from "@hereabouts/engine-redis";

/** The traffic of one world. */
export interface RedisTraffic {
  /** Whether anything is on its way. Throws when that does not end. */
  isBusy(): boolean;
  /** Counts real work while it is under way. */
  count<Value>(work: Promise<Value>): Promise<Value>;
  /** A port that is counted by itself. */
  watched(port: RedisPort): RedisPort;
  /** From here on a port's messages are waited for. */
  join(port: RedisPort): Promise<void>;
  leave(port: RedisPort): void;
  /** Breaks a port's subscriptions; `breakThem` answers how many connections it broke. Resolves when they are back. */
  untilGap(port: RedisPort, breakThem: () => Promise<number>): Promise<void>;
}

const source = "return redis.call('SPUBLISH', KEYS[1], ARGV[1])";
const markerScript: Script = {
  name: "world-marker",
  source,
  sha: createHash("sha1").update(source).digest("hex"),
};
/** A marker that has not arrived by then was lost with a connection, in real milliseconds. */
const markerMsMax = 100;
/** Longer than anything takes on a slow machine, in real milliseconds. */
const busyMsMax = 20_000;

/** Begins to count; `control` is a port for markers. */
export function createRedisTraffic(control: RedisPort, channel: string): RedisTraffic {
  let underWay = 0;
  /** Counts what was done; and how much of it had been when the last marker had arrived. */
  let done = 0;
  let seen = 0;
  let markers = 0;
  let arrived = 0;
  let busySince: number | undefined;
  let onArrival: () => void = () => {};
  const members = new Map<RedisPort, { mended: (() => void) | undefined }>();

  const count = async <Value>(work: Promise<Value>): Promise<Value> => {
    underWay += 1;
    try {
      return await work;
    } finally {
      underWay -= 1;
      done += 1;
    }
  };
  const onMarker = (text: string): void => {
    if (text !== String(markers)) return;
    arrived += 1;
    onArrival();
  };
  const mark = async (): Promise<void> => {
    underWay += 1;
    try {
      const until = done;
      for (let isThere = false; !isThere; ) {
        markers += 1;
        arrived = 0;
        const wanted = Number(await control.run(markerScript, [channel], [String(markers)]));
        isThere = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(false), markerMsMax);
          onArrival = () => {
            if (arrived < wanted) return;
            clearTimeout(timer);
            resolve(true);
          };
          onArrival();
        });
      }
      seen = until;
    } finally {
      underWay -= 1;
    }
  };
  return {
    count,
    isBusy: () => {
      if (underWay === 0 && seen === done) {
        busySince = undefined;
        return false;
      }
      busySince ??= performance.now();
      if (performance.now() - busySince > busyMsMax) throw new Error(`Redis was busy for ${busyMsMax} ms.`);
      if (underWay === 0) void mark();
      return true;
    },
    watched: (port) => ({
      takesAnyTags: port.takesAnyTags === true,
      run: (...call) => count(port.run(...call)),
      send: (command) => count(port.send(command)),
      subscribe: (...call) => count(port.subscribe(...call)),
      onGap: (listener) => port.onGap(listener),
      masters: () => count(port.masters()),
      close: () => port.close(),
    }),
    join: async (port) => {
      const member: { mended: (() => void) | undefined } = { mended: undefined };
      members.set(port, member);
      port.onGap(() => member.mended?.());
      await port.subscribe(channel, onMarker);
    },
    leave: (port) => {
      members.get(port)?.mended?.();
      members.delete(port);
    },
    untilGap: async (port, breakThem) => {
      const member = members.get(port);
      if (member === undefined || member.mended !== undefined) return;
      const mended = new Promise<void>((resolve) => {
        member.mended = resolve;
      });
      if ((await breakThem()) > 0) await mended;
      member.mended = undefined;
    },
  };
}
