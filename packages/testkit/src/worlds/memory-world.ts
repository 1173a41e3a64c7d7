/** The service in this process: requests are handed to its handler, nothing is sent. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CancelSignal, Waiter, WireRequest, WireResponse } from "@hereabouts/protocol/wire";
import { withDeadline } from "../deadline.ts";
import { TestClock } from "../test-clock.ts";
import { type Composition, openComposition } from "./composition.ts";
import { createRedisGround, emptyRedisPlace } from "./redis-ground.ts";
import { memoryDoor, type TestStream } from "./test-stream.ts";
import {
  type HeldPoll,
  jsonOrNothing,
  type Reply,
  type SendOptions,
  type World,
  type WorldKind,
  type WorldOptions,
} from "./world.ts";

interface Sent extends HeldPoll {
  readonly target: string;
}

/** Opens a world without sockets. */
export async function openMemoryWorld(options: WorldOptions): Promise<World> {
  const directory = options.persistent ? await mkdtemp(join(tmpdir(), "hereabouts-test-")) : undefined;
  return openOn("memory", {
    createClock: (start) => new TestClock(start),
    compose: (clock) => openComposition({ world: options, clock, data: directory ?? ":memory:" }),
    clear: async () => {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    },
  });
}

/** Opens a world without sockets whose engine is on a real Redis. */
export async function openRedisWorld(options: WorldOptions): Promise<World> {
  const ground = createRedisGround();
  let place = await emptyRedisPlace();
  return openOn("redis", {
    createClock: (start) => new TestClock(start, { isBusy: ground.isBusy }),
    compose: (clock) =>
      openComposition({
        ...{ world: options, clock, data: ":memory:" },
        openEngine: (opening) => ground.open(place, opening),
      }),
    beforeRestart: async () => {
      if (!options.persistent) place = await emptyRedisPlace();
    },
    clear: async () => {},
  });
}

/** What a world without sockets stands on. */
interface Ground {
  createClock(start?: number): TestClock;
  compose(clock: TestClock): Promise<Composition>;
  beforeRestart?(): Promise<void>;
  clear(): Promise<void>;
}

async function openOn(kind: WorldKind, ground: Ground): Promise<World> {
  let clock = ground.createClock();
  let node = await ground.compose(clock);
  let door = memoryDoor(node.streams);
  const streams = new Set<TestStream>();
  const open = new Set<Sent>();
  let isClosed = false;

  const send = (target: string, how: SendOptions): Sent => {
    const sent = startRequest(node, target, how);
    open.add(sent);
    const forget = (): void => {
      open.delete(sent);
    };
    sent.reply.then(forget, forget);
    return sent;
  };
  const ask = (target: string, how: SendOptions): Promise<Reply> =>
    withDeadline(send(target, how).reply, `An answer to ${how.method ?? "GET"} ${target.slice(0, 200)}`);
  return {
    kind,
    port: undefined,
    get: (target, how = {}) => ask(target, how),
    post: (target, body, how = {}) => ask(target, { ...how, method: "POST", body }),
    poll: async (target, how = {}) => {
      const sent = send(target, how);
      await clock.settle();
      return sent;
    },
    stream: async (target) => {
      const opened = await door.open(target);
      if ("take" in opened) streams.add(opened);
      await clock.settle();
      return opened;
    },
    advance: (ms) => clock.advance(ms),
    now: () => clock.now(),
    waiters: async () => node.heldPolls(),
    setPolicy: async (policy) => {
      await node.setPolicy(policy);
      await clock.settle();
    },
    stop: () => node.stop(),
    restart: async (skipMs = 0) => {
      await node.stop();
      await clock.settle();
      await ground.beforeRestart?.();
      clock = ground.createClock(clock.now() + skipMs);
      node = await ground.compose(clock);
      door = memoryDoor(node.streams);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      for (const sent of open) sent.drop();
      for (const stream of streams) stream.drop();
      await clock.settle();
      const left = node.heldPolls();
      await node.stop();
      await ground.clear();
      complainOnClose(left, node.complaints);
    },
  };
}

/** Throws when a world that is closed has polls left or has complained. */
export function complainOnClose(waiters: number, complaints: readonly string[]): void {
  if (waiters > 0) throw new Error(`${waiters} polls are still held after their clients have gone.`);
  if (complaints.length > 0) throw new Error(`The service complained: ${complaints.join("\n")}`);
}

function startRequest(node: Composition, target: string, how: SendOptions): Sent {
  const signal = createSignal();
  let settled = false;
  let reject: (problem: Error) => void = () => {};
  const dropped = new Promise<never>((_resolve, rejectReply) => {
    reject = rejectReply;
  });
  const answer = async (): Promise<Reply> => {
    const response = await node.handler(wireRequest(target, how, signal.signal));
    settled = true;
    return toReply(response);
  };
  const answered = answer();
  const reply = Promise.race([answered, dropped]);
  reply.catch(() => {});
  return {
    target,
    reply,
    isSettled: () => settled,
    drop: () => {
      signal.cancel();
      settled = true;
      reject(new Error(`The request was dropped: ${target}`));
    },
  };
}

function wireRequest(target: string, how: SendOptions, signal: CancelSignal): WireRequest {
  if (how.body !== undefined && typeof how.body !== "string") {
    throw new Error("A body of bytes needs a world with sockets: decoding it is the HTTP adapter's.");
  }
  const headers = new Map(Object.entries(how.headers ?? {}));
  return {
    method: how.method ?? "GET",
    target,
    header: (name) => headers.get(name),
    body: how.body,
    signal,
  };
}

function toReply(response: WireResponse): Reply {
  const headers = Object.entries(response.headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    text: response.body,
    json: jsonOrNothing(response.body),
  };
}

function createSignal(): { readonly signal: CancelSignal; cancel(): void } {
  let cancelled = false;
  const waiters = new Set<Waiter>();
  return {
    signal: {
      onCancel: (waiter) => {
        if (cancelled) waiter.release();
        else waiters.add(waiter);
      },
    },
    cancel: () => {
      if (cancelled) return;
      cancelled = true;
      const called = [...waiters];
      waiters.clear();
      for (const waiter of called) waiter.release();
    },
  };
}
