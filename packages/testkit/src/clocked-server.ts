/**
 * A server process for tests: the real HTTP server over the real service, on a clock that the test moves. It is told
 * what to do over standard input and answers over standard output (`worlds/control.ts`); it ends when its input ends.
 */
import { createInterface } from "node:readline";
import type { Engine } from "@hereabouts/core";
import type { Handler } from "@hereabouts/protocol/wire";
import { listen } from "@hereabouts/server";
import { nextTurn, TestClock } from "./test-clock.ts";
import { type Composition, openComposition } from "./worlds/composition.ts";
import {
  arrivalHeader,
  type ControlOpening,
  type ControlReply,
  type ControlRequest,
} from "./worlds/control.ts";
import { createRedisGround, type RedisOpening } from "./worlds/redis-ground.ts";

interface Running {
  readonly clock: TestClock;
  readonly node: Composition;
  readonly port: number;
  stop(): Promise<void>;
}

/** Turns of the event loop after which an answer has left for the client. */
const flushTurns = 3;

const worlds = new Map<number, Running>();

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as ControlRequest;
  try {
    const value = await answer(request);
    say({ id: request.id, value, errors: worlds.get(request.world)?.node.complaints ?? [] });
  } catch (problem) {
    say({
      id: request.id,
      problem: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem),
    });
  }
}
process.exit(0);

async function answer(request: ControlRequest): Promise<number> {
  if (request.ask === "open") {
    const opened = await open(request.opening);
    worlds.set(request.world, opened);
    return opened.port;
  }
  const world = worlds.get(request.world);
  if (world === undefined) throw new Error(`World ${request.world} is not open.`);
  switch (request.ask) {
    case "advance":
      await world.clock.advance(request.ms);
      await flush();
      return world.clock.now();
    case "waiters":
      return world.node.heldPolls();
    case "set-policy":
      await world.node.setPolicy(request.policy);
      await world.clock.settle();
      return 0;
    case "stop":
      await world.stop();
      return 0;
    case "forget":
      await world.stop();
      worlds.delete(request.world);
      return 0;
  }
}

async function open(opening: ControlOpening): Promise<Running> {
  const { clock, node } = await compose(opening);
  const address = { host: "127.0.0.1", port: opening.port };
  const server = await listen(announcingArrivals(node.handler, clock), address, node.streams);
  let stopping: Promise<void> | undefined;
  // In the order of the product's own shutdown.
  const stop = async (): Promise<void> => {
    const closed = server.stop();
    await node.drain();
    await closed;
    await node.stop();
  };
  return {
    clock,
    node,
    port: server.port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function compose({
  options,
  start,
  data,
  redis,
}: ControlOpening): Promise<Pick<Running, "clock" | "node">> {
  if (redis === undefined) {
    const clock = new TestClock(start);
    return { clock, node: await openComposition({ world: options, clock, data }) };
  }
  const ground = createRedisGround();
  const clock = new TestClock(start, { isBusy: ground.isBusy });
  const openEngine = (opening: RedisOpening): Promise<Engine> => ground.open(redis, opening);
  return { clock, node: await openComposition({ world: options, clock, data, openEngine }) };
}

/** Tells the test when a request it marked has been taken in and all that follows from it has come to rest. */
function announcingArrivals(handler: Handler, clock: TestClock): Handler {
  return (request) => {
    const reply = handler(request);
    const arrived = request.header(arrivalHeader);
    if (arrived !== undefined) {
      void clock
        .settle()
        .then(flush)
        .then(() => say({ arrived }));
    }
    return reply;
  };
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < flushTurns; turn += 1) await nextTurn();
}

function say(reply: ControlReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
