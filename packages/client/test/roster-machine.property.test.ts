/**
 * The roster's machine against a channel with everything that a network and a server may do: late and repeated events,
 * lost ones, late, failed and stale pages, walks that people come and go during, servers that lose everything.
 */
import { createSeededRandom, type SeededRandom } from "@hereabouts/testkit";
import { describe, expect, test } from "vitest";
import type { RosterPage } from "../src/internal.ts";
import {
  catchUpMs,
  initialRosterState,
  type RosterInput,
  type RosterState,
  stepRoster,
} from "../src/machine/roster.ts";
import { type ChannelModel, createChannelModel, type Mood, type Told } from "./support/roster-channel.ts";

const one = process.env.HEREABOUTS_SEED;
const seeds = Number(process.env.HEREABOUTS_SEEDS ?? 100) * 20;

/** One roster beside one channel, with a network between them. */
class Run {
  readonly random: SeededRandom;
  readonly users: readonly string[];
  readonly channel: ChannelModel;
  readonly pageLimit: number;
  /** How likely each is: slow polls and slow pages make different troubles. */
  readonly pace: { readonly changes: number; readonly polls: number; readonly serves: number };
  state: RosterState<Mood> = initialRosterState<Mood>("room");
  now = 1_000_000;
  cursor = 0;
  /** What was skipped does not come after all: cursors do not go back over it. */
  floor = 0;
  /** Changes of which the events are known, as places; by user the latest end. */
  readonly ends = new Map<string, number>();
  completePlace = -1;
  completions = 0;
  laterPages = 0;
  catchUps = 0;
  /** The page that is on its way for the activity it was asked by. */
  pending: { readonly activity: unknown; page: RosterPage<Mood> | undefined } | undefined;
  /** Pages that a cache has, by what was asked for. */
  readonly stalePages = new Map<string | undefined, RosterPage<Mood>>();
  mustListen = true;

  constructor(seed: number) {
    this.random = createSeededRandom(seed);
    this.users = Array.from({ length: 1 + this.random.below(16) }, (_, index) => `user-${index}`);
    this.pageLimit = 1 + this.random.below(4);
    const pace = (): number => 8 + this.random.below(60);
    this.pace = { changes: pace(), polls: pace(), serves: pace() };
    this.channel = createChannelModel(2 + this.random.below(30));
  }

  feed(input: RosterInput<Mood>): void {
    const before = this.state;
    const frozen = JSON.stringify([...before.snapshot.occupants]);
    this.state = stepRoster(before, input, this.now);
    if (this.state.activity !== before.activity && isCatchingUp(this.state)) this.catchUps += 1;
    expect(JSON.stringify([...before.snapshot.occupants]), "a snapshot does not change").toBe(frozen);
    this.checkSnapshot();
  }

  /** What must hold of every snapshot. */
  checkSnapshot(): void {
    const { snapshot, epoch = "?", revision } = this.state;
    for (const userId of snapshot.occupants.keys()) {
      const end = this.ends.get(userId);
      if (end === undefined) continue;
      expect(this.channel.hasJoinedAfter(userId, end), `${userId} was seen to end and is shown`).toBe(true);
    }
    if (!snapshot.complete) return;
    expect(snapshot.occupancy).toBe(snapshot.occupants.size);
    const where = { epoch, revision };
    const truth = this.channel.at(where);
    if (truth === undefined)
      throw new Error(`Complete at ${where.epoch} ${where.revision}, which never was.`);
    for (const [userId, { since, state }] of snapshot.occupants) {
      expect({ userId, since, state }).toEqual({ userId, ...truth.get(userId) });
    }
    const place = this.channel.place(where);
    for (const [userId, { since }] of truth) {
      if (snapshot.occupants.has(userId)) continue;
      expect(this.channel.cameDue(userId, since), `${userId} is missing at ${place}`).toBe(true);
    }
    if (where.epoch !== "") {
      expect(place, "complete snapshots go forward").toBeGreaterThanOrEqual(this.completePlace);
      this.completePlace = place;
    }
    this.completions += 1;
  }

  change(): void {
    const { random, channel } = this;
    const user = random.pick(this.users);
    const dice = random.below(10);
    if (dice < 5) channel.join(user);
    else if (dice < 7) channel.end(user);
    else if (dice < 8) channel.comeDue(user);
    else channel.setState(user, random.below(3) === 0 ? undefined : random.below(5));
  }

  deliver(events: readonly Told[]): void {
    if (events.length === 0) return;
    for (const event of events) {
      if (event.action !== "leave" && event.action !== "timeout") continue;
      const { epoch = "", revision = 0, userId } = event;
      this.ends.set(userId, this.channel.place({ epoch, revision }));
    }
    this.feed({ type: "events", events });
  }

  poll(): void {
    const { events, cursor } = this.channel.read(this.cursor);
    const taken = this.random.below(events.length + 1);
    this.cursor = cursor - (events.length - taken);
    this.deliver(events.slice(0, taken));
  }

  /** The connection is lost, and with it what the server had for it. */
  lose(): void {
    this.cursor = this.channel.cursor();
    this.floor = this.cursor;
    // A server that may answer with what was before could not be told from one where nothing has happened.
    this.stalePages.clear();
    this.mustListen = true;
  }

  /** A lost connection is back: the cursor is what it was, or some of what came comes again. */
  listen(): void {
    this.mustListen = false;
    if (this.random.below(2) === 0) this.cursor = Math.max(this.floor, this.cursor - this.random.below(6));
    this.feed({ type: "listening" });
  }

  serve(): void {
    const { activity } = this.state;
    if (activity.type !== "fetch") return;
    if (this.pending?.activity !== activity) {
      this.pending = { activity, page: undefined };
    } else if (this.pending.page === undefined) {
      this.pending.page = this.channel.page(this.pageLimit, activity.next);
      if (activity.next !== undefined) this.laterPages += 1;
    } else {
      const { page } = this.pending;
      this.pending = undefined;
      const dice = this.random.below(12);
      if (dice === 0) this.feed({ type: "failed" });
      else this.feed({ type: "page", page: dice < 4 ? this.cached(page, activity.next) : page });
    }
  }

  /** A page out of a cache, where it is of the same life: a server's cache does not outlive the server. */
  cached(page: RosterPage<Mood>, next: string | undefined): RosterPage<Mood> {
    const stale = this.stalePages.get(next);
    this.stalePages.set(next, page);
    return stale !== undefined && stale.epoch === page.epoch ? stale : page;
  }

  wait(): void {
    const { type } = this.state.activity;
    if (type !== "rest" && type !== "fetch") this.feed({ type: "waited" });
  }

  step(): void {
    this.now += 10;
    const { changes, polls, serves } = this.pace;
    const dice = this.random.below(changes + polls + serves + 12);
    if (dice < changes) this.change();
    else if (dice < changes + polls) this.poll();
    else if (dice < changes + polls + serves) this.serve();
    else this.trouble(dice - changes - polls - serves);
    if (this.mustListen && this.random.below(6) === 0) this.listen();
  }

  /** `dice` is from 0 to 11. */
  trouble(dice: number): void {
    if (dice < 6) this.wait();
    else if (dice < 8) this.lose();
    else if (dice < 11) this.mustListen = true;
    else this.die();
  }

  /** The server is killed: the connection with it, and what a cache before it had. */
  die(): void {
    this.channel.kill();
    this.stalePages.clear();
    this.pending = undefined;
    this.mustListen = true;
  }

  /** Nothing goes wrong any more: everything comes to rest. */
  quiet(): void {
    this.stalePages.clear();
    if (this.mustListen) this.listen();
    for (let turns = 0; turns < 200; turns += 1) {
      const { events, cursor } = this.channel.read(this.cursor);
      this.cursor = cursor;
      this.deliver(events);
      const { activity } = this.state;
      if (activity.type === "rest") break;
      if (activity.type === "fetch") {
        this.feed({ type: "page", page: this.channel.page(this.pageLimit, activity.next) });
      } else this.wait();
    }
  }
}

function isCatchingUp({ activity }: RosterState<Mood>): boolean {
  return activity.type === "wait" && activity.ms === catchUpMs;
}

function run(seed: number): Run {
  const run = new Run(seed);
  for (let steps = 0; steps < 200; steps += 1) run.step();
  run.quiet();
  const { snapshot, epoch, revision, activity } = run.state;
  expect(activity.type).toBe("rest");
  expect(snapshot.complete).toBe(true);
  expect({ epoch, revision }).toEqual(run.channel.position());
  return run;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe("a roster's machine", () => {
  test("is right whenever it says so, whatever is lost, late, repeated or restarted", () => {
    const seen = { completions: 0, laterPages: 0, catchUps: 0 };
    for (const seed of one === undefined ? numbers(seeds) : [Number(one)]) {
      try {
        const done = run(seed);
        seen.completions += done.completions;
        seen.laterPages += done.laterPages;
        seen.catchUps += done.catchUps;
      } catch (error) {
        throw new Error(`seed=${seed}: replay with HEREABOUTS_SEED=${seed}.`, { cause: error });
      }
    }
    if (one !== undefined) return;
    // The runs were about something: complete snapshots, walks of several pages, pages that were ahead of the events.
    expect(seen.completions).toBeGreaterThan(seeds * 10);
    expect(seen.laterPages).toBeGreaterThan(seeds);
    expect(seen.catchUps).toBeGreaterThan(seeds / 10);
  }, 60_000);
});
