/** The service as a process of its own, behind its real HTTP server; requests go over loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patienceMs, withDeadline } from "../deadline.ts";
import { createHttpClient, type HttpClient } from "../http-client.ts";
import type { Runtime } from "../runtimes.ts";
import { nextTurn, testEpoch } from "../test-clock.ts";
import { arrivalHeader } from "./control.ts";
import { complainOnClose } from "./memory-world.ts";
import { type ServerChild, startServerChild } from "./server-child.ts";
import type { HeldPoll, Reply, SendOptions, World, WorldOptions } from "./world.ts";

/** One server process per runtime, shared by the worlds of a test file: each world opens a fresh service in it. */
const children = new Map<Runtime, ServerChild>();

/** Ends the server processes of this file's worlds. */
export async function endServerChildren(): Promise<void> {
  const ending = [...children.values()].map((child) => child.end());
  children.clear();
  await Promise.all(ending);
}

/** What a world that is open consists of. */
interface State {
  child: ServerChild;
  client: HttpClient;
  port: number;
  now: number;
  stopped: boolean;
  complaints: readonly string[];
}

/** Opens a world with sockets. */
export async function openSocketWorld(runtime: Runtime, options: WorldOptions): Promise<World> {
  const directory = options.persistent ? await mkdtemp(join(tmpdir(), "hereabouts-test-")) : undefined;
  const data = directory ?? ":memory:";
  const start = async (
    child: ServerChild,
    at: { readonly now: number; readonly port: number },
  ): Promise<State> => {
    const opening = { options, start: at.now, data, port: at.port };
    const { value: port } = await child.ask({ ask: "open", opening });
    return { child, client: createHttpClient(port), port, now: at.now, stopped: false, complaints: [] };
  };
  let state = await start(childOf(runtime), { now: testEpoch, port: 0 });
  return {
    kind: runtime,
    get port() {
      return state.port;
    },
    get: (target, how = {}) => ask(state, target, how),
    post: (target, body, how = {}) => ask(state, target, { ...how, method: "POST", body }),
    poll: (target, how = {}) => poll(state, target, how),
    advance: (ms) => advance(state, ms),
    now: () => state.now,
    waiters: async () => (await state.child.ask({ ask: "waiters" })).value,
    stop: () => stop(state),
    restart: async (skipMs = 0) => {
      await stop(state);
      state.client.close();
      await state.child.end();
      const child = startServerChild(runtime);
      children.set(runtime, child);
      state = await start(child, { now: state.now + skipMs, port: state.port });
    },
    close: async () => {
      state.client.close();
      const left = state.stopped ? 0 : await waitersLeft(state.child);
      await stop(state);
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
      complainOnClose(left, state.complaints);
    },
  };
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
  const { value } = await state.child.ask({ ask: "advance", ms });
  state.now = value;
}

async function stop(state: State): Promise<void> {
  if (state.stopped) return;
  const { errors } = await state.child.ask({ ask: "stop" });
  state.stopped = true;
  state.complaints = errors;
}

/** How many polls are held once the server has had time to notice that connections are closed. */
async function waitersLeft(child: ServerChild): Promise<number> {
  const giveUp = performance.now() + patienceMs;
  for (;;) {
    const { value } = await child.ask({ ask: "waiters" });
    if (value === 0 || performance.now() > giveUp) return value;
    await nextTurn();
  }
}
