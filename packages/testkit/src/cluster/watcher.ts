/**
 * A subscriber of presence channels that wanders from node to node behind a balancer and notes everything it is told,
 * with its position in the log and the time of its arrival. It judges nothing.
 */
import { createHttpClient } from "../http-client.ts";
import { createSeededRandom } from "../seeded-random.ts";
import { targetsOf } from "../targets.ts";
import type { HeldPoll, Keys } from "../worlds/world.ts";
import type { Transport } from "./crowd-messages.ts";
import { type LightStream, openLightStream, type Pushed } from "./light-stream.ts";

/** An event as a watcher was told it. */
export interface SeenEvent {
  /** Without `-pnpres`. */
  readonly channel: string;
  readonly action: string;
  readonly user: string | undefined;
  readonly occupancy: number;
  readonly timetoken: string;
  readonly epoch: string;
  readonly revision: number;
  /** Milliseconds since 1970 when the server says it happened, and when it arrived here. */
  readonly at: number;
  readonly arrivedAt: number;
}

/** A watcher at work. */
export interface Watcher extends Disposable {
  readonly name: string;
  /** The channels it watches. */
  readonly channels: readonly string[];
  /** In the order of arrival. */
  readonly events: readonly SeenEvent[];
  /** Polls that were not answered well, and streams that ended. */
  failures(): number;
  /** Answers whose cursor went back, or whose events lay not between their two cursors. */
  readonly disorder: readonly string[];
}

/** What to watch. */
export interface WatcherOptions {
  readonly name: string;
  readonly port: number;
  readonly keys: Keys;
  readonly channels: readonly string[];
  /** How it is told. Default `poll`. */
  readonly transport?: Transport;
  readonly seed: number;
}

interface Answer {
  readonly t: { readonly t: string };
  readonly m: readonly Pushed<Told>[];
}

interface Told {
  readonly action: string;
  readonly uuid?: string;
  readonly occupancy: number;
  readonly epoch: string;
  readonly revision: number;
  readonly precise_timestamp: number;
}

const suffix = "-pnpres";
const againAfterMs = 500;
const handshakeWithinMs = 10_000;
/** Milliseconds of silence after which a stream is asked for a sign of life, and given up without one. */
const silenceMs = 2_000;

/** Starts to watch; resolves when it has its first cursor, so that nothing after that can be missed. */
export async function startWatcher(options: WatcherOptions): Promise<Watcher> {
  const http = createHttpClient(options.port);
  const targets = targetsOf(options.keys);
  const random = createSeededRandom(options.seed);
  const names = options.channels.map((channel) => `${channel}${suffix}`);
  const events: SeenEvent[] = [];
  const disorder: string[] = [];
  let failures = 0;
  let isStopped = false;
  let sent: HeldPoll | undefined;
  let stream: LightStream | undefined;
  const pauseMs = (): number => againAfterMs * (0.5 + random.below(500) / 1_000);
  const take = (answer: Answer, after: string): void => {
    const arrivedAt = Date.now();
    disorder.push(...disorderIn(answer, after));
    events.push(...answer.m.map((item) => seenEvent(item, arrivedAt)));
  };

  const subscribe = async (cursor: string, withinMs: number): Promise<Answer | undefined> => {
    sent = http.send(targets.subscribe(names, { uuid: options.name, tt: cursor, tr: 1 }), {});
    const late = setTimeout(() => sent?.drop(), withinMs);
    try {
      const { status, text } = await sent.reply;
      if (status === 200) return readAnswer(text);
    } catch {
      // The connection broke: the next poll goes on from the same cursor.
    } finally {
      clearTimeout(late);
    }
    if (isStopped) return undefined;
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, pauseMs()));
    return undefined;
  };
  const pollOn = async (from: string): Promise<void> => {
    for (let cursor = from; !isStopped; ) {
      const answer = await subscribe(cursor, 310_000);
      if (answer === undefined || isStopped) continue;
      take(answer, cursor);
      cursor = answer.t.t;
    }
  };
  const streamOn = (from: string): void => {
    let cursor = from;
    const target = targets.stream(names, { uuid: options.name, tt: cursor, tr: 1 });
    stream = openLightStream<Told>(
      { port: options.port, target, silenceMs },
      {
        onReady: () => {},
        onItems: (m, t) => {
          take({ t: { t }, m }, cursor);
          cursor = t;
        },
        onEnd: ({ how }) => {
          failures += 1;
          setTimeout(() => isStopped || streamOn(cursor), how === "moved" ? 0 : pauseMs());
        },
      },
    );
  };

  let first: Answer | undefined;
  const deadline = performance.now() + handshakeWithinMs;
  while (first === undefined) {
    if (performance.now() > deadline) throw new Error(`The watcher ${options.name} is not let in.`);
    first = await subscribe("0", handshakeWithinMs);
  }
  failures = 0;
  if (options.transport === "stream") streamOn(first.t.t);
  else void pollOn(first.t.t);
  return {
    name: options.name,
    channels: options.channels,
    events,
    disorder,
    failures: () => failures,
    [Symbol.dispose]: () => {
      isStopped = true;
      stream?.close();
      http.close();
    },
  };
}

function readAnswer(text: string): Answer {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === "object" && parsed !== null && "t" in parsed && "m" in parsed)
    return parsed as Answer;
  throw new Error(`This is no answer to a poll: ${text}`);
}

function seenEvent({ c, d, p }: Pushed<Told>, arrivedAt: number): SeenEvent {
  return {
    channel: c.endsWith(suffix) ? c.slice(0, -suffix.length) : c,
    action: d.action,
    user: d.uuid,
    occupancy: d.occupancy,
    timetoken: p.t,
    epoch: d.epoch,
    revision: d.revision,
    at: d.precise_timestamp,
    arrivedAt,
  };
}

function disorderIn(answer: Answer, cursor: string): readonly string[] {
  const problems: string[] = [];
  let last = BigInt(cursor);
  for (const { c, p } of answer.m) {
    const timetoken = BigInt(p.t);
    if (timetoken <= last) problems.push(`${c} at ${p.t} came after ${last}`);
    last = timetoken > last ? timetoken : last;
  }
  if (BigInt(answer.t.t) < last) problems.push(`the cursor ${answer.t.t} lies before ${last}`);
  return problems;
}
