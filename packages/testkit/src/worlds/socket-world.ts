/** The service as a process of its own, behind its real HTTP server; requests go over loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patienceMs, withDeadline } from "../deadline.ts";
import { createHttpClient, type HttpClient } from "../http-client.ts";
import type { Runtime } from "../runtimes.ts";
import { nextTurn, testEpoch } from "../test-clock.ts";
import { arrivalHeader, type ControlOpening } from "./control.ts";
import { complainOnClose } from "./memory-world.ts";
import { emptyRedisPlace } from "./redis-ground.ts";
import { type ServerChild, startServerChild } from "./server-child.ts";
import { openSocketStream, type TestStream } from "./test-stream.ts";
import type { HeldPoll, Reply, SendOptions, World, WorldKind, WorldOptions } from "./world.ts";

/** One server process per runtime, shared by the worlds of a test file: each opens a service of its own in it. */
const children = new Map<Runtime, ServerChild>();
let lastWorld = 0;

/** Ends the server processes of this file's worlds. */
export async function endServerChildren(): Promise<void> {
  const ending = [...children.values()].map((child) => child.end());
  children.clear();
  await Promise.all(ending);
}

/** What an open world consists of. */
interface State {
  readonly child: ServerChild;
  /** Which of the process's services it is. */
  readonly world: number;
  readonly client: HttpClient;
  readonly port: number;
  now: number;
  isStopped: boolean;
  complaints: readonly string[];
}

/** The kinds of world that have a process of their own. */
export type SocketWorldKind = Exclude<WorldKind, "memory" | "redis">;

/** Opens a world with sockets. */
export async function openSocketWorld(kind: SocketWorldKind, options: WorldOptions): Promise<World> {
  const isOnRedis = kind === "redis-bun";
  const runtime = isOnRedis ? "bun" : kind;
  const directory = options.persistent ? await mkdtemp(join(tmpdir(), "hereabouts-test-")) : undefined;
  const data = directory ?? ":memory:";
  let redis = isOnRedis ? { redis: await emptyRedisPlace() } : {};
  let state = await start(childOf(runtime), { options, start: testEpoch, data, port: 0, ...redis });
  /** After a restart the world has a process of its own. */
  let ownChild: ServerChild | undefined;
  let isClosed = false;
  const streams = new Set<TestStream>();
  return {
    kind,
    get port() {
      return state.port;
    },
    get: (target, how = {}) => ask(state, target, how),
    post: (target, body, how = {}) => ask(state, target, { ...how, method: "POST", body }),
    poll: (target, how = {}) => poll(state, target, how),
    stream: async (target) => {
      const opened = await openSocketStream(state.port, target);
      if ("take" in opened) streams.add(opened);
      await advance(state, 0);
      return opened;
    },
    advance: (ms) => advance(state, ms),
    now: () => state.now,
    waiters: () => waiters(state),
    setPolicy: async (policy) => {
      await state.child.ask({ ask: "set-policy", world: state.world, policy });
    },
    stop: () => stop(state),
    restart: async (skipMs = 0) => {
      await stop(state);
      state.client.close();
      await ownChild?.end();
      ownChild = startServerChild(runtime);
      if (isOnRedis && !options.persistent) redis = { redis: await emptyRedisPlace() };
      state = await start(ownChild, {
        ...{ options, start: state.now + skipMs, data, port: state.port },
        ...redis,
      });
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      state.client.close();
      for (const stream of streams) stream.drop();
      const left = state.isStopped ? 0 : await waitersLeft(state);
      await stop(state);
      await state.child.ask({ ask: "forget", world: state.world });
      await ownChild?.end();
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
      complainOnClose(left, state.complaints);
    },
  };
}

async function start(child: ServerChild, opening: ControlOpening): Promise<State> {
  const world = ++lastWorld;
  const { value: port } = await child.ask({ ask: "open", world, opening });
  const client = createHttpClient(port);
  return { child, world, client, port, now: opening.start, isStopped: false, complaints: [] };
}

function childOf(runtime: Runtime): ServerChild {
  const child = children.get(runtime) ?? startServerChild(runtime);
  children.set(runtime, child);
  return child;
}

function ask(state: State, target: string, how: SendOptions): Promise<Reply> {
  const what = `An answer to ${how.method ?? "GET"} ${target.slice(0, 200)}`;
  return withDeadline(state.client.send(target, how).reply, what);
}

async function poll(state: State, target: string, how: SendOptions): Promise<HeldPoll> {
  const { mark, arrived } = state.child.expectArrival();
  const sent = state.client.send(target, { ...how, headers: { ...how.headers, [arrivalHeader]: mark } });
  const answered = sent.reply.then(
    () => {},
    () => {},
  );
  arrived.catch(() => {});
  await Promise.race([arrived, answered]);
  return sent;
}

async function advance(state: State, ms: number): Promise<void> {
  const { value } = await state.child.ask({ ask: "advance", world: state.world, ms });
  state.now = value;
}

async function waiters(state: State): Promise<number> {
  return (await state.child.ask({ ask: "waiters", world: state.world })).value;
}

async function stop(state: State): Promise<void> {
  if (state.isStopped) return;
  const { errors } = await state.child.ask({ ask: "stop", world: state.world });
  state.isStopped = true;
  state.complaints = errors;
}

/** How many polls are held once the server has had time to notice that connections are closed. */
async function waitersLeft(state: State): Promise<number> {
  const giveUp = performance.now() + patienceMs;
  for (;;) {
    const left = await waiters(state);
    if (left === 0 || performance.now() > giveUp) return left;
    await nextTurn();
  }
}
