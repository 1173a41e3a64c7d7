/**
 * A node's connections to Redis as the node sees them: real ones, before which the world's weather stands. Calls and
 * answers keep their order, as on a wire; a call that is not answered in time breaks it, with all that are under way.
 */
import { EngineError, type Instant } from "@hereabouts/core";
import type { RedisPort, Reply } from "@hereabouts/engine-redis";
import type { TestClock } from "@hereabouts/testkit";
import type { Line, Place } from "./shared-engine.ts";

/** What a line is made of. */
export interface RedisLineOptions {
  /** The real connections. */
  readonly port: RedisPort;
  readonly place: Place;
  readonly clock: TestClock;
  /** Keeps account of real work while it is under way. */
  readonly count: <Value>(work: Promise<Value>) => Promise<Value>;
  /** Breaks the real connection for news, and resolves when there is another. */
  readonly breakNews: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** One life of the connection for calls. */
interface Wire {
  readonly underWay: Set<(error: EngineError) => void>;
  /** When the last call is sent, and the last answer arrives. */
  sendAt: Instant;
  answerAt: Instant;
}

/** A node's connections, and what the world does with them. */
export interface RedisLine extends Line {
  readonly port: RedisPort;
}

/** Puts the weather before a port. */
export function createRedisLine(options: RedisLineOptions): RedisLine {
  const { port, place, clock, count, breakNews, close } = options;
  const { enter, isReachable } = place;
  let isMuted = false;
  let newsAt: Instant = 0;
  let isDropped = false;
  const send = senderOf(options);
  const drop = (): void => {
    isDropped = true;
    void close();
  };
  /** Runs real work when Redis can be reached, and tells the node what came of it. */
  const ask = <Value>(work: () => Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      if (!isReachable()) {
        enter(() => reject(failure("unavailable")));
        return;
      }
      count(work()).then(
        (value) => enter(() => resolve(value)),
        (error: unknown) => enter(() => reject(error)),
      );
    });
  return {
    port: {
      takesAnyTags: port.takesAnyTags === true,
      run: (...call) => send(() => port.run(...call)),
      send: (command) => send(() => port.send(command)),
      subscribe: (channel, onMessage) =>
        ask(() =>
          port.subscribe(channel, (message) => {
            if (isMuted || isDropped || !isReachable()) return;
            newsAt = Math.max(newsAt, clock.now() + place.weather.wakeDelay());
            at(clock, newsAt, () => enter(() => onMessage(message)));
          }),
        ),
      onGap: (listener) => port.onGap(() => enter(listener)),
      masters: () => ask(() => port.masters()),
      close,
    },
    muteNews: () => {
      isMuted = true;
    },
    mendNews: () => {
      isMuted = false;
      if (!isDropped) void count(breakNews());
    },
    drop,
  };
}

function senderOf({ place, clock, count }: RedisLineOptions): (work: () => Promise<Reply>) => Promise<Reply> {
  const { enter, isReachable, weather, deadlineMs, onDone } = place;
  const newWire = (): Wire => ({ underWay: new Set(), sendAt: 0, answerAt: 0 });
  let wire = newWire();
  const breakDown = (broken: Wire): void => {
    if (wire === broken) wire = newWire();
    for (const fail of [...broken.underWay]) fail(failure("unavailable"));
  };
  return (work) =>
    new Promise((resolve, reject) => {
      const own = wire;
      const fate = weather.scriptFate();
      const settle = (run: () => void): void => {
        if (!own.underWay.delete(fail)) return;
        cancelDeadline();
        enter(run);
      };
      const fail = (error: unknown): void => settle(() => reject(error));
      own.underWay.add(fail);
      const cancelDeadline = clock.at(clock.now() + deadlineMs, () => {
        fail(failure("timeout"));
        breakDown(own);
      });
      const answer = (run: () => void): void => {
        if (fate.fails === "unsaid") {
          breakDown(own);
          return;
        }
        own.answerAt = Math.max(own.answerAt, clock.now() + fate.replyDelayMs);
        // Where Redis cannot be reached any more nobody says so.
        at(clock, own.answerAt, () => isReachable() && settle(run));
      };
      own.sendAt = Math.max(own.sendAt, clock.now() + fate.delayMs);
      at(clock, own.sendAt, () => {
        if (!own.underWay.has(fail)) return;
        if (weather.isAway) breakDown(own);
        else if (fate.fails === "refused") fail(failure("unavailable"));
        if (!isReachable() || !own.underWay.has(fail)) return;
        count(work()).then(
          (reply) => {
            onDone();
            answer(() => resolve(reply));
          },
          (error: unknown) => answer(() => reject(error)),
        );
      });
    });
}

function at(clock: TestClock, when: Instant, run: () => void): void {
  if (when <= clock.now()) run();
  else clock.at(when, run);
}

function failure(code: "unavailable" | "timeout"): EngineError {
  return new EngineError(code, `Redis is ${code}.`, { cause: "weather" });
}
