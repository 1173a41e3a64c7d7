/**
 * An engine as a node sees it that is not alone with it: calls take time, are refused, or are done without an answer;
 * what names several channels may be done one after the other; wake-ups come late. It is a port like any other.
 */
import {
  type Cancel,
  type Change,
  type Engine,
  EngineError,
  type EventLog,
  type GroupStore,
  type KeysetStore,
  type PresenceStore,
  type TickBook,
  type Touched,
  type Waker,
} from "@hereabouts/core";
import type { Channel } from "@hereabouts/protocol";
import type { TestClock } from "@hereabouts/testkit";
import type { Weather } from "./engine-weather.ts";
import type { Attempt } from "./history.ts";
import type { Recorder } from "./recorder.ts";

/** What lies between a node and the engine. */
export interface RemoteEngineOptions {
  readonly engine: Engine;
  readonly node: string;
  readonly clock: TestClock;
  readonly weather: Weather;
  readonly recorder: Recorder;
  readonly deadlineMs: number;
  /** Whether the node can reach the engine at this moment. */
  readonly isReachable: () => boolean;
  /** Runs something on the node: now, later, or never. */
  readonly enter: (run: () => void) => void;
}

/** A node's engine, and what the world does with it. */
export interface RemoteEngine {
  readonly engine: Engine;
  /** Watches that are in force. */
  watches(): number;
  /** The connection is back: whatever was told meanwhile was missed. */
  onBack(): void;
}

/** Shares of the channels that a call in parts is cut into. */
const parts = 3;

/** Puts a network between a node and an engine. */
export function createRemoteEngine(options: RemoteEngineOptions): RemoteEngine {
  const calls = createCalls(options);
  const wakes = createWakes(options);
  return {
    engine: {
      presence: presenceOver(options, calls),
      ticks: ticksOver(options, calls),
      log: logOver(options, calls, wakes),
      groups: groupsOver(options, calls, wakes),
      keysets: keysetsOver(options, calls, wakes),
      close: (now) => options.engine.close(now),
    },
    watches: () => wakes.size(),
    onBack: () => wakes.wakeAll(),
  };
}

type Calls = <Result>(apply: () => Promise<Result>) => Promise<Result>;

function createCalls({
  clock,
  weather,
  deadlineMs,
  isReachable,
  enter,
  recorder,
}: RemoteEngineOptions): Calls {
  const fail = (code: "unavailable" | "timeout"): EngineError =>
    new EngineError(code, `The engine is ${code}.`, { cause: "weather" });
  const after = (ms: number, run: () => void): void => {
    if (ms <= 0) run();
    else clock.at(clock.now() + ms, run);
  };
  return <Result>(apply: () => Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      const sentAt = clock.now();
      const fate = weather.fate();
      weather.calls += 1;
      let isSettled = false;
      const settle = (run: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        weather.calls -= 1;
        enter(run);
      };
      const timeOut = (): void => settle(() => reject(fail("timeout")));
      /** Nobody tells the node: it waits until its patience is over. */
      const leaveUnsaid = (): void => after(sentAt + deadlineMs - clock.now(), timeOut);
      const answer = (run: () => void): void => {
        if (fate.fails === "unsaid") leaveUnsaid();
        else after(fate.replyDelayMs, () => (isReachable() ? settle(run) : leaveUnsaid()));
      };
      if (fate.delayMs + fate.replyDelayMs >= deadlineMs) leaveUnsaid();
      after(fate.delayMs, () => {
        if (fate.fails === "refused" || !isReachable()) {
          settle(() => reject(fail("unavailable")));
          return;
        }
        apply().then(
          (result) => {
            void recorder.pump();
            answer(() => resolve(result));
          },
          (error: unknown) => {
            void recorder.pump();
            answer(() => reject(error));
          },
        );
      });
    });
}

interface Wakes {
  size(): number;
  wakeAll(): void;
  /** Begins a watch: `begin` is given what to call for news. */
  watch(wake: () => void, begin: (onNews: () => void) => Cancel): Cancel;
}

function createWakes({ clock, weather, isReachable, enter }: RemoteEngineOptions): Wakes {
  const watches = new Set<() => void>();
  return {
    size: () => watches.size,
    wakeAll: () => {
      for (const wake of [...watches]) enter(wake);
    },
    watch: (wake, begin) => {
      let isOnItsWay = false;
      const wakeIfWatching = (): void => {
        if (watches.has(wakeIfWatching)) wake();
      };
      const arrive = (): void => {
        isOnItsWay = false;
        // What is missed now is made up for by `onBack`.
        if (isReachable()) enter(wakeIfWatching);
      };
      const end = begin(() => {
        if (isOnItsWay) return;
        isOnItsWay = true;
        const ms = weather.wakeDelay();
        if (ms === 0) queueMicrotask(arrive);
        else clock.at(clock.now() + ms, arrive);
      });
      watches.add(wakeIfWatching);
      return () => {
        watches.delete(wakeIfWatching);
        end();
      };
    },
  };
}

function presenceOver(
  { engine, node, recorder, weather, clock }: RemoteEngineOptions,
  call: Calls,
): PresenceStore {
  const { presence } = engine;
  const attempt = async <Result>(
    what: Pick<Attempt, "now" | "touch" | "leave">,
    work: () => Result | Promise<Result>,
  ): Promise<Result> => {
    const attempted: Attempt = {
      ...what,
      node,
      from: clock.now(),
      to: Number.POSITIVE_INFINITY,
      isCertain: false,
    };
    recorder.attempt(attempted);
    try {
      const result = await work();
      attempted.isCertain = true;
      return result;
    } finally {
      attempted.to = clock.now();
    }
  };
  /** Does a request part by part, each with a fate of its own, and waits for all of them. */
  const inParts = async <Result>(
    channels: readonly Channel[],
    run: (channels: readonly Channel[]) => Promise<Result>,
  ): Promise<readonly Result[]> => {
    const lists = weather.isInParts ? partition(channels) : [channels];
    const done = await Promise.allSettled(lists.map(run));
    return done.map((part) => {
      if (part.status === "rejected") throw part.reason;
      return part.value;
    });
  };
  return {
    touch: async (keyset, request, now) => {
      const touched = await inParts(request.channels, (channels) =>
        call(async () => {
          const touch = { ...request, channels };
          const result = await attempt({ now, touch }, () => presence.touch(keyset, touch, now));
          recorder.verb({ node, now, touch, changes: result.changes });
          return result;
        }),
      );
      return mergeTouched(touched, request.channels);
    },
    leave: async (keyset, request, now) => {
      const changes = await inParts(request.channels, (channels) =>
        call(async () => {
          const leave = { ...request, channels };
          const result = await attempt({ now, leave }, () => presence.leave(keyset, leave, now));
          recorder.verb({ node, now, leave, changes: result });
          return result;
        }),
      );
      return inOrder(changes.flat(), request.channels);
    },
    setState: async (keyset, request, now) => {
      const changes = await inParts(request.channels, (channels) =>
        call(async () => {
          const result = await presence.setState(keyset, { ...request, channels }, now);
          recorder.verb({ node, now, changes: result });
          return result;
        }),
      );
      return inOrder(changes.flat(), request.channels);
    },
    sweep: (keyset, now, limit) =>
      call(async () => {
        const changes = await presence.sweep(keyset, now, limit);
        recorder.verb({ node, now, changes });
        return changes;
      }),
    channel: (keyset, channel, page, now) => call(async () => presence.channel(keyset, channel, page, now)),
    occupied: (keyset, limit, now) => call(() => presence.occupied(keyset, limit, now)),
    user: (keyset, user, now) => call(() => presence.user(keyset, user, now)),
    states: (keyset, user, channels, now) => call(() => presence.states(keyset, user, channels, now)),
  };
}

function partition(channels: readonly Channel[]): readonly (readonly Channel[])[] {
  const lists = new Map<number, Channel[]>();
  for (const channel of channels) {
    const part = channel.charCodeAt(channel.length - 1) % parts;
    lists.set(part, [...(lists.get(part) ?? []), channel]);
  }
  return [...lists.values()];
}

function mergeTouched(all: readonly Touched[], channels: readonly Channel[]): Touched {
  const cursors = all.flatMap(({ beforeOwnJoins }) => beforeOwnJoins ?? []);
  const refusals = all.flatMap(({ refusedUntil }) => refusedUntil ?? []);
  return {
    changes: inOrder(
      all.flatMap(({ changes }) => changes),
      channels,
    ),
    beforeOwnJoins: cursors.toSorted((a, b) => (a < b ? -1 : 1))[0],
    refusedUntil: refusals.length === 0 ? undefined : Math.max(...refusals),
    channelsOverLimit: all.flatMap(({ channelsOverLimit }) => channelsOverLimit),
  };
}

/** Changes of one channel keep their order. */
function inOrder(changes: readonly Change[], channels: readonly Channel[]): readonly Change[] {
  return changes.toSorted((a, b) => channels.indexOf(a.channel) - channels.indexOf(b.channel));
}

function logOver({ engine: { log } }: RemoteEngineOptions, call: Calls, wakes: Wakes): EventLog {
  return {
    append: (keyset, publications, now) => call(() => log.append(keyset, publications, now)),
    read: (keyset, topics, after, limit, now) =>
      call(async () => await log.read(keyset, topics, after, limit, now)),
    position: (keyset, topics, now) => call(() => log.position(keyset, topics, now)),
    watch: (keyset, topics, waker: Waker) => {
      const stop = wakes.watch(
        () => waker.wake(),
        (wake) => {
          const watch = log.watch(keyset, topics, { wake });
          return () => watch.stop();
        },
      );
      return { stop };
    },
  };
}

function groupsOver({ engine: { groups } }: RemoteEngineOptions, call: Calls, wakes: Wakes): GroupStore {
  return {
    change: (...args) => call(() => groups.change(...args)),
    channels: (...args) => call(() => groups.channels(...args)),
    groups: (...args) => call(() => groups.groups(...args)),
    drop: (...args) => call(() => groups.drop(...args)),
    watch: (keyset, names, wake) => wakes.watch(wake, (onNews) => groups.watch(keyset, names, onNews)),
  };
}

function ticksOver({ engine: { ticks } }: RemoteEngineOptions, call: Calls): TickBook {
  return {
    govern: (summingOf, now) => ticks.govern(summingOf, now),
    fire: (keyset, now, limit) => call(() => ticks.fire(keyset, now, limit)),
  };
}

function keysetsOver({ engine: { keysets } }: RemoteEngineOptions, call: Calls, wakes: Wakes): KeysetStore {
  return {
    list: () => call(() => keysets.list()),
    replace: (list) => call(() => keysets.replace(list)),
    watch: (wake) => wakes.watch(wake, (onNews) => keysets.watch(onNews)),
  };
}
