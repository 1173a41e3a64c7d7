/** Whatever happens in a channel: what is logged and what summaries tell is together all that happened, once. */
import type { State, UserId } from "@hereabouts/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change, IntervalNotice, Summing } from "../src/ports.ts";
import { Ticks } from "../src/ticks/ticks.ts";
import { channel, t0 } from "./support/build.ts";

/** What somebody does in the channel, as far as it can be done, and how long nothing happens after it. */
interface Move {
  readonly user: UserId;
  readonly does: "comes" | "leaves" | "times out" | "changes state";
  readonly state: State | undefined;
  readonly restMs: number;
}

const users = ["u", "v", "w", "x", "y"] as UserId[];
const state = fc.constantFrom(undefined, "1", "2") as fc.Arbitrary<State | undefined>;
const move: fc.Arbitrary<Move> = fc.record({
  user: fc.constantFrom(...users),
  does: fc.constantFrom("comes", "comes", "leaves", "times out", "changes state"),
  state,
  restMs: fc.constantFrom(0, 0, 1, 400, 1_000, 2_500),
});
const summing: fc.Arbitrary<Summing> = fc.record({
  announceMax: fc.nat({ max: 3 }),
  everyMs: fc.constantFrom(500, 1_000, 3_000),
});

type Picture = ReadonlyMap<UserId, State | undefined>;

/** The changes that moves come to. */
function* changesOf(moves: readonly Move[]): Iterable<{ readonly change: Change; readonly truth: Picture }> {
  const here = new Map<UserId, State | undefined>();
  let [now, revision] = [t0, 0];
  for (const { user, does, state: said, restMs } of moves) {
    now += restMs;
    if (here.has(user) === (does === "comes")) continue;
    const kind = ({ comes: "join", leaves: "leave", "times out": "timeout" } as const)[
      does as Exclude<Move["does"], "changes state">
    ];
    const told = kind === undefined || kind === "join" ? said : here.get(user);
    if (kind === "leave" || kind === "timeout") here.delete(user);
    else here.set(user, told);
    revision += 1;
    const about = {
      channel: channel("a"),
      user,
      state: told,
      occupancy: here.size,
      revision,
      epoch: "e",
      at: now,
    };
    yield { change: { kind: kind ?? "state-change", ...about }, truth: new Map(here) };
  }
}

/** A picture of the channel after an event, for who knew it before. */
function follow(picture: Picture, notice: IntervalNotice): Picture {
  const next = new Map(picture);
  const { joined = [], left = [], timedOut = [], here } = notice;
  for (const user of [...joined, ...left, ...timedOut]) next.delete(user);
  for (const [user, state] of here ?? []) next.set(user, state);
  return next;
}

function followChange(picture: Picture, { kind, user, state }: Change): Picture {
  const next = new Map(picture);
  if (kind === "leave" || kind === "timeout") next.delete(user);
  else next.set(user, state);
  return next;
}

test("a picture that follows what is logged and what is summed up is right after every summary", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 1, maxLength: 60 }), summing, (moves, rule) => {
      const ticks = new Ticks(t0);
      let [picture, truth]: readonly Picture[] = [new Map(), new Map()];
      let [revision, newest] = [0, 0];
      const fire = (now: number): void => {
        for (const notice of ticks.fire(() => rule, now, 10)) {
          expect(notice.sinceRevision).toBeLessThanOrEqual(revision);
          expect([notice.revision, notice.occupancy]).toEqual([newest, truth?.size]);
          picture = follow(picture ?? new Map(), notice);
          revision = notice.revision;
          expect(picture).toEqual(truth);
        }
      };
      for (const { change, truth: after } of changesOf(moves)) {
        fire(change.at);
        [truth, newest] = [after, change.revision];
        const logged = ticks.collect(change, rule, change.at);
        const isLarge = change.kind !== "state-change" && change.occupancy > rule.announceMax;
        expect(logged === undefined).toBe(isLarge);
        if (logged === undefined) continue;
        if (logged.isSummedUp === undefined) {
          expect(change.revision).toBe(revision + 1);
          revision = change.revision;
        }
        picture = followChange(picture ?? new Map(), logged);
      }
      fire(t0 + 10_000_000);
      expect(revision).toBe(newest);
    }),
    { numRuns: 500 },
  );
});

test("there are no more summaries than intervals, and each user is once in each list", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 1, maxLength: 60 }), summing, (moves, rule) => {
      const ticks = new Ticks(t0);
      const told: IntervalNotice[] = [];
      for (const { change } of changesOf(moves)) {
        told.push(...ticks.fire(() => rule, change.at, 10));
        ticks.collect(change, rule, change.at);
      }
      for (const { joined = [], left = [], timedOut = [] } of told) {
        for (const list of [joined, left, timedOut]) expect(list).toEqual([...new Set(list)]);
      }
      const lastAt = told.at(-1)?.at ?? t0;
      expect(told.length).toBeLessThanOrEqual((lastAt - t0) / rule.everyMs);
    }),
    { numRuns: 200 },
  );
});
