/** The simulation as a whole finds engines that break their promises: each of these breaks one, now and then. */
import type { Change, Engine, EventLog, PresenceStore } from "@hereabouts/core";
import { expect, test } from "vitest";
import { planOf } from "./plan.ts";
import { type OpenSharedEngine, openSharedEmbedded } from "./shared-engine.ts";
import { simulate } from "./simulate.ts";

/** What is put in the place of a sound engine's parts. */
interface Parts {
  readonly presence?: Partial<PresenceStore>;
  readonly log?: Partial<EventLog>;
}

/** Of so many times, one goes wrong. */
const every = 7;

function nowAndThen(): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % every === 0;
  };
}

/** An engine whose nodes have `parts` in the place of the sound ones; the recorder sees the truth. */
function broken(partsOf: (engine: Engine, isWrong: () => boolean) => Parts): OpenSharedEngine {
  return async (options) => {
    const shared = await openSharedEmbedded(options);
    const isWrong = nowAndThen();
    const { presence, log } = partsOf(shared.truth, isWrong);
    const over = <Part extends object>(sound: Part, part: Partial<Part> = {}): Part =>
      new Proxy(sound, {
        get: (target, name: keyof Part & string) => {
          const mine = part[name];
          if (mine !== undefined) return mine;
          const value = target[name];
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    return {
      ...shared,
      connect: async (place) => {
        const { engine } = await shared.connect(place);
        const parts = { presence: over(engine.presence, presence), log: over(engine.log, log) };
        return { engine: { ...engine, ...parts } };
      },
    };
  };
}

const noChanges: readonly Change[] = [];

const engines: readonly (readonly [what: string, checker: string, open: OpenSharedEngine])[] = [
  [
    "leaves entries out of what is read",
    "delivery",
    broken(({ log }, isWrong) => ({
      log: {
        read: async (...args) => {
          const page = await log.read(...args);
          return page.entries.length > 0 && isWrong() ? { ...page, entries: page.entries.slice(1) } : page;
        },
      },
    })),
  ],
  [
    "reads entries again that were read before",
    "delivery",
    broken(({ log }, isWrong) => ({
      log: {
        read: (keyset, topics, after, limit, now) =>
          log.read(keyset, topics, isWrong() ? after - 20_000_000n : after, limit, now),
      },
    })),
  ],
  [
    "forgets to wake who waits",
    "delivery",
    broken(({ log }, isWrong) => ({
      log: {
        watch: (keyset, topics, waker) =>
          log.watch(keyset, topics, {
            wake: () => {
              if (!isWrong()) waker.wake();
            },
          }),
      },
    })),
  ],
  [
    "ends seats before their time",
    "seat-ends",
    broken(({ presence }) => ({
      presence: { sweep: (keyset, now, limit) => presence.sweep(keyset, now + 1_500, limit) },
    })),
  ],
  [
    "sweeps too late",
    "seat-ends",
    broken(({ presence }) => ({
      presence: { sweep: (keyset, now, limit) => presence.sweep(keyset, now - 1_500, limit) },
    })),
  ],
  [
    "answers heartbeats that it does not do",
    "false-gone",
    broken(({ presence }, isWrong) => {
      const nothing = {
        changes: noChanges,
        beforeOwnJoins: undefined,
        refusedUntil: undefined,
        channelsOverLimit: [],
      };
      return {
        presence: {
          touch: async (keyset, request, now) =>
            request.asksForOwnJoins || !isWrong() ? presence.touch(keyset, request, now) : nothing,
        },
      };
    }),
  ],
  [
    "shows pages without their last user",
    "here-now",
    broken(({ presence }) => ({
      presence: {
        channel: async (...args) => {
          const view = await presence.channel(...args);
          return view.occupants === undefined ? view : { ...view, occupants: view.occupants.slice(0, -1) };
        },
      },
    })),
  ],
  [
    "does not answer some calls at all",
    "answers",
    broken(({ log }, isWrong) => ({
      log: { append: (...args) => (isWrong() ? new Promise(() => {}) : log.append(...args)) },
    })),
  ],
];

/** A calm world with time for heartbeats to go missing one after the other. */
const seed = 5;

test.each(engines)("an engine that %s is found by %s", async (_what, checker, openEngine) => {
  const { problems } = await simulate(seed, {
    openEngine,
    adjust: (plan) => ({ ...plan, faults: new Set(), rounds: 1, holdMs: 24_000 }),
  });

  expect(problems.map((problem) => problem.checker)).toContain(checker);
});

test("the same world on a sound engine has no problem", async () => {
  const { problems } = await simulate(seed, {
    adjust: (plan) => ({ ...plan, faults: new Set(), rounds: 1, holdMs: 24_000 }),
  });

  expect(problems).toEqual([]);
});

test("a seed is one world: the same plan and the same story every time", async () => {
  const [first, second] = [await simulate(seed), await simulate(seed)];

  expect(first.plan).toEqual(planOf(seed));
  expect(second.history.entries).toEqual(first.history.entries);
  expect(second.history.requests).toEqual(first.history.requests);
});
