/** The ledger beside its plain twin, under random commands and time steps. */
import { type Channel, type DeviceId, emptyState, type State, type UserId } from "@hereabouts/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LedgerRecord } from "../src/ledger/snapshot.ts";
import { Ledger } from "../src/ledger.ts";
import type { Change, ChannelView } from "../src/ports.ts";
import { channels, device, state, t0, user } from "./support/build.ts";
import { NaiveLedger } from "./support/naive-ledger.ts";

const places = channels("a", "b", "c.*");
const people = ["u", "v", "w"].map(user);
const devices: (DeviceId | undefined)[] = [undefined, device("phone"), device("tablet")];
const texts: State[] = [emptyState, state({ k: 1 }), state({ k: 2 })];

type Command =
  | {
      readonly kind: "touch";
      readonly states: readonly [Channel, State][];
      readonly seconds: number | undefined;
    }
  | { readonly kind: "poll"; readonly states: readonly []; readonly seconds: number | undefined }
  | { readonly kind: "leave"; readonly debounceMs: number; readonly graceMs?: number }
  | { readonly kind: "set-state"; readonly state: State; readonly keepMs: number }
  | { readonly kind: "sweep"; readonly limit: number }
  | { readonly kind: "restart"; readonly shiftMs: number };

interface Step {
  readonly wait: number;
  readonly user: UserId;
  readonly device: DeviceId | undefined;
  readonly channels: readonly Channel[];
  readonly command: Command;
}

const seconds = fc.option(fc.constantFrom(1, 2, 5, 30), { nil: undefined });

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("touch" as const),
      states: fc.uniqueArray(fc.tuple(fc.constantFrom(...places), fc.constantFrom(...texts)), {
        maxLength: 2,
      }),
      seconds,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("poll" as const), states: fc.constant([] as const), seconds }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("leave" as const),
      debounceMs: fc.constantFrom(0, 1_000, 2_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("leave" as const),
      debounceMs: fc.constant(0),
      graceMs: fc.constantFrom(0, 1, 1_000, 3_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("set-state" as const),
      state: fc.constantFrom(...texts),
      keepMs: fc.constantFrom(0, 1_000, 5_000, 2_000_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("sweep" as const), limit: fc.constantFrom(1, 2, 100) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      shiftMs: fc.constantFrom(0, 0, -3_600_000, 12_345),
    }),
  },
);

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 600 }) },
    { weight: 3, arbitrary: fc.constantFrom(1_000, 2_000, 3_000, 5_000) },
    { weight: 1, arbitrary: fc.integer({ min: -50, max: -1 }) },
    { weight: 1, arbitrary: fc.constantFrom(29_999, 60_000, 600_000, 1_200_000, 9_000_000) },
  ),
  user: fc.constantFrom(...people),
  device: fc.constantFrom(...devices),
  channels: fc.uniqueArray(fc.constantFrom(...places), { minLength: 1 }),
  command,
});

/** Both ledgers, and what has been seen of them. */
class Pair {
  now = t0;
  /** The clock may step back a little; the ledger's time does not. */
  #latest = t0;
  real = new Ledger({ epoch: "life" });
  readonly naive = new NaiveLedger();
  /** Epochs have other names in the twin; each of the one stands for one of the other. */
  readonly #epochs = new Map<string, string>();
  readonly #revisions = new Map<string, number>();
  readonly #occupancies = new Map<Channel, number>();

  run({ wait, command, ...who }: Step): void {
    this.now += wait;
    this.#latest = Math.max(this.#latest, this.now);
    if (command.kind === "restart") this.restart(command.shiftMs);
    else this.#agree(apply(this.real, command, who, this.now), apply(this.naive, command, who, this.now));
    if (command.kind === "sweep" && command.limit > people.length * places.length) {
      expect(this.real.occupied(0, this.now).totalOccupancy).toBe(this.real.seatCount);
    }
  }

  restart(shiftMs: number): void {
    const text = [...this.real.dump()].map((record) => JSON.stringify(record));
    const records = text.map((line) => JSON.parse(line) as LedgerRecord);
    this.real = Ledger.restore(records, { epoch: "life", shiftMs });
    this.naive.shift(shiftMs);
    this.now += shiftMs;
    this.#latest += shiftMs;
  }

  compareViews(): void {
    const { real, naive, now } = this;
    for (const channel of places) {
      for (const page of pages) {
        const seen = real.channel(channel, page, now);
        const expected = naive.channel(channel, page, now);
        this.#agree({ ...seen, next: undefined }, expected);
        const onward = seen.next && real.channel(channel, { ...page, offset: 0, after: seen.next }, now);
        const following = naive.channel(channel, { ...page, offset: page.offset + page.limit }, now);
        expect(onward?.occupants ?? []).toEqual(page.limit === 0 ? [] : following.occupants);
        expect(real.channel(channel, { ...page, unless: seen }, now).occupants).toBeUndefined();
        const other = { ...seen, occupancy: seen.occupancy + 1 };
        expect(real.channel(channel, { ...page, unless: other }, now)).toEqual(seen);
      }
    }
    for (const limit of [0, 1, 3]) expect(real.occupied(limit, now)).toEqual(naive.occupied(limit, now));
    for (const user of people) {
      expect(real.user(user, now)).toEqual(naive.user(user, now));
      expect(real.states(user, places, now)).toEqual(naive.states(user, places, now));
    }
    expect(real.counts()).toEqual(naive.counts());
    const soonest = naive.soonest() ?? Number.POSITIVE_INFINITY;
    expect(real.nextDue() ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(soonest);
  }

  #agree(seen: Answer, expected: Answer): void {
    for (const [index, { epoch }] of epochsOf(seen).entries()) {
      const twin = epochsOf(expected)[index]?.epoch ?? "none";
      if (!this.#epochs.has(epoch)) this.#epochs.set(epoch, twin);
    }
    expect(new Set(this.#epochs.values()).size).toBe(this.#epochs.size);
    expect(this.#translate(seen)).toEqual(expected);
    if ("occupants" in seen) return;
    for (const change of changesOf(seen)) this.#follow(change);
  }

  #translate(answer: Answer): unknown {
    return JSON.parse(JSON.stringify(answer), (key, value: unknown) =>
      key === "epoch" && typeof value === "string" ? this.#epochs.get(value) : value,
    );
  }

  /** Each change counts the revision up by one and its occupancy adds up, whatever the twin says. */
  #follow(change: Change): void {
    const { kind, channel, epoch, revision, occupancy, at } = change;
    expect(revision).toBe((this.#revisions.get(epoch) ?? 0) + 1);
    this.#revisions.set(epoch, revision);
    const by = { join: 1, leave: -1, timeout: -1, "state-change": 0 }[kind];
    expect(occupancy).toBe((this.#occupancies.get(channel) ?? 0) + by);
    this.#occupancies.set(channel, occupancy);
    expect(at).toBeLessThanOrEqual(this.#latest);
  }
}

type Answer = readonly Change[] | { readonly changes: readonly Change[] } | ChannelView;

const pages = [
  { offset: 0, limit: 10, unless: undefined },
  { offset: 1, limit: 1, unless: undefined },
  { offset: 0, limit: 0, unless: undefined },
];

function changesOf(answer: Answer): readonly Change[] {
  if ("changes" in answer) return answer.changes;
  return "occupants" in answer ? [] : answer;
}

function epochsOf(answer: Answer): readonly { readonly epoch: string }[] {
  return "occupants" in answer ? [answer] : changesOf(answer);
}

function apply(
  ledger: Ledger | NaiveLedger,
  command: Exclude<Command, { kind: "restart" }>,
  { user, device, channels }: Pick<Step, "user" | "device" | "channels">,
  now: number,
): Answer {
  switch (command.kind) {
    case "touch":
    case "poll":
      return ledger.touch(
        {
          user,
          device,
          channels,
          timeoutSeconds: command.seconds,
          defaultTimeoutSeconds: 4,
          states: command.kind === "touch" ? new Map(command.states) : undefined,
          intent: command.kind === "touch" ? "deliberate" : "implied",
          asksForOwnJoins: true,
        },
        now,
      );
    case "leave": {
      const { kind, ...leave } = command;
      return ledger.leave({ user, device, channels, ...leave }, now);
    }
    case "set-state":
      return ledger.setState({ user, channels, state: command.state, keepMs: command.keepMs }, now);
    case "sweep":
      return ledger.sweep(now, command.limit);
  }
}

test("the ledger answers as its plain twin does, whatever is asked and whenever it restarts", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const pair = new Pair();
      for (const each of steps) {
        pair.run(each);
        pair.compareViews();
      }
    }),
    { seed: 20_261_124, numRuns: 150 },
  );
}, 60_000);
