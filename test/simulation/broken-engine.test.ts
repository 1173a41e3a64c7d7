/** The simulation as a whole finds engines that break their promises: each of these breaks one, now and then. */
import type { Change, Engine, EventLog, LogEntry, PresenceStore, TickBook } from "@hereabouts/core";
import { expect, test } from "vitest";
import { type Plan, planOf } from "./plan.ts";
import { type OpenSharedEngine, openSharedEmbedded } from "./shared-engine.ts";
import { simulate } from "./simulate.ts";

/** What is put in the place of a sound engine's parts. */
interface Parts {
  readonly presence?: Partial<PresenceStore>;
  readonly log?: Partial<EventLog>;
  readonly ticks?: Partial<TickBook>;
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
    const { presence, log, ticks } = partsOf(shared.truth, isWrong);
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
        const parts = {
          presence: over(engine.presence, presence),
          log: over(engine.log, log),
          ticks: over(engine.ticks, ticks),
        };
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

function calmPlan(plan: Plan): Plan {
  return { ...plan, faults: new Set(), rounds: 1, holdMs: 24_000, summing: undefined };
}

test.each(engines)("an engine that %s is found by %s", async (_what, checker, openEngine) => {
  const { problems } = await simulate(seed, {
    openEngine,
    adjust: calmPlan,
  });

  expect(problems.map((problem) => problem.checker)).toContain(checker);
});

/** These break what holds where closing a poll leaves. */
const hasty: readonly (readonly [what: string, checker: string, open: OpenSharedEngine])[] = [
  [
    "ends at once what is given up with a grace",
    "seat-ends",
    broken(({ presence }) => ({
      presence: {
        leave: (keyset, request, now) => presence.leave(keyset, { ...request, graceMs: 0 }, now),
      },
    })),
  ],
  [
    "tells the end of a grace as a timeout",
    "seat-ends",
    broken(({ presence }) => ({
      presence: {
        sweep: async (...args) =>
          (await presence.sweep(...args)).map((change) => ({ ...change, kind: "timeout" })),
      },
    })),
  ],
  [
    "keeps from its nodes what others say of closed polls",
    "leaves",
    broken(({ log }) => ({
      log: {
        append: (keyset, publications, now) =>
          publications.some(({ channel }) => channel.includes(","))
            ? Promise.resolve([])
            : log.append(keyset, publications, now),
      },
    })),
  ],
];

test.each(hasty)(
  "where closing leaves, an engine that %s is found by %s",
  async (_what, checker, openEngine) => {
    const found: string[] = [];
    for (let world = 1; world <= 12 && !found.includes(checker); world += 1) {
      const { problems } = await simulate(world, { openEngine, adjust: hastyPlan });
      found.push(...problems.map((problem) => problem.checker));
    }

    expect(found).toContain(checker);
  },
);

test("where closing leaves, a sound engine has no problem", async () => {
  const { problems } = await simulate(1, { adjust: hastyPlan });

  expect(problems).toEqual([]);
});

function hastyPlan(plan: Plan): Plan {
  const faults = new Set(["drops", "delays", "doubles"] as const);
  return { ...plan, faults, disconnectGraceSeconds: 1, summing: undefined };
}

/** These break what holds where large channels are summed up. */
const careless: readonly (readonly [what: string, checker: string, open: OpenSharedEngine])[] = [
  [
    "sums channels up too late",
    "intervals",
    broken(({ ticks }) => {
      let asked = 0;
      return {
        ticks: {
          fire: async (...args) => {
            asked += 1;
            return asked % 60 === 0 ? ticks.fire(...args) : [];
          },
        },
      };
    }),
  ],
  [
    "leaves out of its summaries who is there",
    "rosters",
    broken(({ log }) => ({
      log: {
        read: async (...args) => {
          const page = await log.read(...args);
          return { ...page, entries: page.entries.map(withNobodyHere) };
        },
      },
    })),
  ],
];

function withNobodyHere(entry: LogEntry): LogEntry {
  return entry.kind === "interval" ? { ...entry, interval: { ...entry.interval, here: new Map() } } : entry;
}

test.each(careless)(
  "where large channels are summed up, an engine that %s is found by %s",
  async (_what, checker, openEngine) => {
    const { problems } = await simulate(seed, { openEngine, adjust: summingPlan });

    expect(problems.map((problem) => problem.checker)).toContain(checker);
  },
);

test("where large channels are summed up, a sound engine has no problem", async () => {
  const { problems } = await simulate(seed, { adjust: summingPlan });

  expect(problems).toEqual([]);
});

function summingPlan(plan: Plan): Plan {
  return { ...calmPlan(plan), summing: { announceMax: 0, intervalSeconds: 2 } };
}

test("the same world on a sound engine has no problem", async () => {
  const { problems } = await simulate(seed, {
    adjust: calmPlan,
  });

  expect(problems).toEqual([]);
});

test("a seed is one world: the same plan and the same story every time", async () => {
  const [first, second] = [await simulate(seed), await simulate(seed)];

  expect(first.plan).toEqual(planOf(seed));
  expect(second.history.entries).toEqual(first.history.entries);
  expect(second.history.requests).toEqual(first.history.requests);
});
