/**
 * Polls that are carried by streams: a world in which a held poll is answered by what its stream is pushed. The stream of
 * a subscription is kept from one poll to the next, as our SDK keeps it, so that cases about polls run over streams; a
 * poll on a connection of its own is a stream of its own.
 */
import type { TestStream } from "./test-stream.ts";
import { type HeldPoll, jsonOrNothing, type Reply, type World } from "./world.ts";

interface Carried {
  readonly stream: TestStream;
  /** Where its client stands. */
  cursor: string;
}

interface Frame {
  readonly t: { readonly t: string };
  readonly m: readonly unknown[];
}

/** A world that answers polls by streams. Everything else is asked as before. */
export function overStreams(world: World): World {
  const carried = new Map<string, Carried>();
  return {
    ...world,
    get port() {
      return world.port;
    },
    poll: async (target, how) => {
      const asked = streamed(target);
      if (asked === undefined) return world.poll(target, how);
      const isOwn = how?.connection === "own";
      let known = isOwn ? undefined : carried.get(asked.subscription);
      if (known === undefined || known.cursor !== asked.cursor || known.stream.closing() !== undefined) {
        known?.stream.drop();
        const stream = await world.stream(asked.target);
        if (!("take" in stream))
          return { reply: Promise.resolve(stream), isSettled: () => true, drop: () => {} };
        known = { stream, cursor: asked.cursor };
        if (!isOwn) carried.set(asked.subscription, known);
        await world.advance(0);
      }
      return pollOf(known);
    },
    close: async () => {
      for (const { stream } of carried.values()) stream.drop();
      await world.close();
    },
  };
}

/** A poll that is answered with all that the stream has been pushed. */
function pollOf(carried: Carried): HeldPoll {
  let answer: Reply | undefined;
  let isDropped = false;
  const look = (): Reply | undefined => {
    if (answer !== undefined) return answer;
    const frames = carried.stream.take().flatMap((text) => frameOf(text) ?? []);
    const last = frames.at(-1);
    if (last === undefined) return undefined;
    carried.cursor = last.t.t;
    const text = JSON.stringify({ t: last.t, m: frames.flatMap(({ m }) => m) });
    answer = { status: 200, headers: {}, text, json: jsonOrNothing(text) };
    return answer;
  };
  const reply = async (): Promise<Reply> => {
    while (!isDropped) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error("The poll was dropped.");
  };
  return {
    get reply() {
      const replied = reply();
      replied.catch(() => {});
      return replied;
    },
    isSettled: () => isDropped || look() !== undefined,
    drop: () => {
      isDropped = true;
      carried.stream.drop();
    },
  };
}

/** A frame of deliveries; `undefined` for one about the stream. */
function frameOf(text: string): Frame | undefined {
  const frame = JSON.parse(text) as Frame | { readonly c: string };
  return "c" in frame ? undefined : frame;
}

/** The stream that a poll with a cursor becomes; `undefined` for a handshake, and for what is no subscribe. */
function streamed(
  target: string,
): { readonly target: string; readonly subscription: string; readonly cursor: string } | undefined {
  const [, path, query = ""] = /^\/v2\/subscribe\/([^?]*)\/0(?:\?(.*))?$/.exec(target) ?? [];
  if (path === undefined) return undefined;
  const pairs = query.split("&").filter((pair) => pair !== "");
  const cursor = pairs.find((pair) => /^tt=/.test(pair))?.slice("tt=".length) ?? "0";
  if (/^0*$/.test(cursor)) return undefined;
  const others = pairs.filter((pair) => !/^t[tr]=/.test(pair));
  const subscription = `${path}?${others.join("&")}`;
  return { target: `/v3/stream/${path}?${pairs.join("&")}`, subscription, cursor };
}
