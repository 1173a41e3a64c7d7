/** Everything that can be done to an engine, each with what it must come to. */
import type { Change, LeaveRequest, SeatRequest, StateRequest } from "@hereabouts/core";
import type { Channel, DeviceId, Group, State, UserId } from "@hereabouts/protocol";
import fc from "fast-check";
import { expect } from "vitest";
import { message } from "../bench.ts";
import { keyOf, ReaderModel } from "./entry-model.ts";
import type { ForetoldChange } from "./seat-model.ts";
import type { ModelWorld, RealWorld } from "./world.ts";

/** One step: done to the engine, and compared. */
export type Step = fc.AsyncCommand<ModelWorld, RealWorld>;

/** What a step does, with the data it was drawn with. */
type Run<Data> = (data: Data, model: ModelWorld, real: RealWorld) => Promise<void>;

const users = fc.constantFrom("u", "v", "w", "z") as fc.Arbitrary<UserId>;
const channel = fc.constantFrom("a", "b", "x.a", "x.b", "x.*") as fc.Arbitrary<Channel>;
const channels = fc.uniqueArray(channel, { minLength: 1, maxLength: 3 });
const device = fc.constantFrom(undefined, undefined, "phone", "laptop") as fc.Arbitrary<DeviceId | undefined>;
const state = fc.constantFrom('{"k":1}', '{"k":2}', "{}") as fc.Arbitrary<State>;
const topics = fc.uniqueArray(
  fc.constantFrom(
    "a",
    "a-pnpres",
    "b-pnpres",
    "x.a",
    "x.b-pnpres",
    "x.*",
    "x.*-pnpres",
  ) as fc.Arbitrary<Channel>,
  { minLength: 1, maxLength: 4 },
);

/** Steps of every kind. With restarts, the engine is closed and opened now and then. */
export function stepArbitraries(withRestarts: boolean): fc.Arbitrary<Step>[] {
  const steps = [...seatSteps(), ...viewSteps(), ...logSteps(), ...groupSteps(), passTime()];
  return withRestarts ? [...steps, restart()] : steps;
}

function step<Data>(name: string, data: fc.Arbitrary<Data>, run: Run<Data>): fc.Arbitrary<Step> {
  return data.map((drawn) => ({
    check: () => true,
    run: (model: ModelWorld, real: RealWorld) => run(drawn, model, real),
    toString: () => `${name} ${fc.stringify(drawn)}`,
  }));
}

function seatSteps(): fc.Arbitrary<Step>[] {
  const states = fc.option(fc.dictionary(channel, state, { maxKeys: 2 }), { nil: undefined, freq: 3 });
  const seatRequest: fc.Arbitrary<SeatRequest> = fc
    .record({
      user: users,
      device,
      channels,
      timeoutSeconds: fc.constantFrom(undefined, undefined, 1, 2, 5, 60),
      defaultTimeoutSeconds: fc.constantFrom(3, 300),
      states,
      intent: fc.constantFrom("deliberate", "implied"),
      asksForOwnJoins: fc.constant(true),
    })
    .map((request) => ({
      ...request,
      states: request.states && new Map(Object.entries(request.states) as [Channel, State][]),
    }));
  const touches = step("touch", seatRequest, touch);
  const leaveRequest: fc.Arbitrary<LeaveRequest> = fc.record({
    user: users,
    device,
    channels,
    debounceMs: fc.constantFrom(0, 500, 2_000, 2_000),
  });
  const graceRequest: fc.Arbitrary<LeaveRequest> = fc.record({
    user: users,
    device,
    channels,
    debounceMs: fc.constant(0),
    graceMs: fc.constantFrom(0, 1, 1_000, 3_000),
  });
  const stateRequest: fc.Arbitrary<StateRequest> = fc.record({
    user: users,
    channels,
    state,
    keepMs: fc.constantFrom(0, 1_000, 300_000),
  });
  return [
    touches,
    touches,
    touches,
    step("leave", leaveRequest, leave),
    step("leave with a grace", graceRequest, leave),
    step("set state", stateRequest, async (request, model, real) => {
      const changes = await real.engine.presence.setState(real.keyset, request, model.now);
      compare(model, changes, model.seats.setState(request));
    }),
    step("sweep", fc.constantFrom(1, 2, 2_000), sweep),
    step("fire", fc.constantFrom(1, 2_000), fire),
  ];
}

/** A touch, and the reading of one's own joins that a handshake follows it with. */
async function touch(request: SeatRequest, model: ModelWorld, real: RealWorld): Promise<void> {
  const { changes, refusedUntil, beforeOwnJoins } = await real.engine.presence.touch(
    real.keyset,
    request,
    model.now,
  );
  const foretold = model.seats.touch(request);
  compare(model, changes, foretold.changes);
  expect(refusedUntil).toBe(foretold.refusedUntil);
  const joins = foretold.recentJoins
    .map((joined) => model.entries.newestJoin(request.user, joined, model.elapsed))
    .filter((key) => key !== undefined);
  if (foretold.recentJoins.length === 0) expect(beforeOwnJoins).toBe(undefined);
  if (joins.length === 0) return;
  const seen: string[] = [];
  const presence = foretold.recentJoins.map((joined) => `${joined}-pnpres` as Channel);
  let cursor = beforeOwnJoins ?? 0n;
  expect(beforeOwnJoins).not.toBe(undefined);
  for (let empty = 0; empty < 2; ) {
    const page = await real.engine.log.read(real.keyset, presence, cursor, 100, model.now);
    seen.push(...page.entries.map(keyOf));
    cursor = page.cursor;
    if (page.entries.length === 0) empty += 1;
  }
  expect(seen).toEqual(expect.arrayContaining(joins));
}

async function leave(request: LeaveRequest, model: ModelWorld, real: RealWorld): Promise<void> {
  const changes = await real.engine.presence.leave(real.keyset, request, model.now);
  compare(model, changes, model.seats.leave(request));
}

async function sweep(limit: number, model: ModelWorld, real: RealWorld): Promise<void> {
  const due = model.seats.dueCount();
  const changes = await real.engine.presence.sweep(real.keyset, model.now, limit);
  expect(changes.length).toBe(Math.min(due, limit));
  for (const change of changes) {
    const foretold = model.seats.followEnd(change.user, change.channel);
    if (foretold === undefined) throw new Error(`${change.user} may not end in ${change.channel} now`);
    compare(model, [change], [foretold]);
  }
}

/** Summaries are told once, each to whom it was due, and are in the log. */
async function fire(limit: number, model: ModelWorld, real: RealWorld): Promise<void> {
  const position = await real.beforeNotices(model.now);
  const due = model.ticks.due(model.elapsed);
  const uncertain = model.ticks.uncertain();
  const notices = await real.engine.ticks.fire(real.keyset, model.now, limit);
  expect(new Set(await real.takeNotices(position, model))).toEqual(new Set(notices));
  const certain = notices.map((notice) => notice.channel).filter((each) => !uncertain.includes(each));
  expect(due).toEqual(expect.arrayContaining(certain));
  expect(notices.length).toBeLessThanOrEqual(limit);
  if (notices.length < limit) expect(certain.length).toBe(due.length);
}

function compare(model: ModelWorld, changes: readonly Change[], foretold: readonly ForetoldChange[]): void {
  expect(changes.map(({ epoch, revision, ...rest }) => rest)).toEqual(foretold);
  model.record(changes);
}

function viewSteps(): fc.Arbitrary<Step>[] {
  const page = fc.record({ channel, offset: fc.nat({ max: 3 }), limit: fc.constantFrom(0, 1, 2, 1_000) });
  return [
    step("view", page, view),
    step("where now", users, async (user, model, real) => {
      const seen = await real.engine.presence.user(real.keyset, user, model.now);
      expect([...seen].sort()).toEqual(
        model.seats
          .seatsOf(user)
          .map((seat) => seat.channel)
          .sort(),
      );
    }),
    step("states", fc.tuple(users, channels), async ([user, asked], model, real) => {
      const seen = await real.engine.presence.states(real.keyset, user, asked, model.now);
      expect(seen).toEqual(asked.map((each) => model.seats.stateOf(user, each)));
    }),
    step("occupied", fc.constantFrom(0, 1, 100), async (limit, model, real) => {
      const seen = await real.engine.presence.occupied(real.keyset, limit, model.now);
      const all = model.seats.seats.filter((seat) => model.seats.occupants(seat.channel).includes(seat));
      const expected = new Set(all.map((seat) => seat.channel));
      expect([seen.totalChannels, seen.totalOccupancy]).toEqual([expected.size, all.length]);
      expect(seen.channels.length).toBe(Math.min(limit, expected.size));
      expect([...expected]).toEqual(expect.arrayContaining([...seen.channels]));
    }),
  ];
}

async function view(
  { channel: asked, offset, limit }: { channel: Channel; offset: number; limit: number },
  model: ModelWorld,
  real: RealWorld,
): Promise<void> {
  const page = { offset, limit, unless: undefined };
  const seen = await real.engine.presence.channel(real.keyset, asked, page, model.now);
  const seats = model.seats.occupants(asked);
  const occupants = seats.slice(offset, offset + limit).map((seat) => ({
    user: seat.user,
    state: seat.state,
    since: seat.since,
    devices: model.seats.deviceCount(seat),
  }));
  const { epoch, revision } = model.countOf(asked) ?? seen;
  const { next, ...rest } = seen;
  expect(rest).toEqual({ channel: asked, occupancy: seats.length, epoch, revision, occupants });
  expect(next !== undefined).toBe(limit > 0 && offset + limit < seats.length);
  const known = await real.engine.presence.channel(real.keyset, asked, { ...page, unless: seen }, model.now);
  expect(known).toEqual({ ...rest, occupants: undefined, next: undefined });
  if (next === undefined) return;
  const onward = { offset: 0, after: next, limit: 1_000, unless: undefined };
  const { occupants: others = [] } = await real.engine.presence.channel(
    real.keyset,
    asked,
    onward,
    model.now,
  );
  expect(others.map(({ user }) => user)).toEqual(seats.slice(offset + limit).map(({ user }) => user));
}

function logSteps(): fc.Arbitrary<Step>[] {
  const publications = fc.array(fc.constantFrom("a", "x.a", "x.b") as fc.Arbitrary<Channel>, {
    minLength: 1,
    maxLength: 3,
  });
  const read = step(
    "read",
    fc.tuple(fc.nat(), fc.constantFrom(1, 2, 100)),
    async ([index, limit], model, real) => {
      const reader = model.readers[index % model.readers.length];
      if (reader !== undefined) await real.readOn(reader, limit, model);
    },
  );
  return [
    step("publish", publications, async (on, model, real) => {
      const sent = on.map((each) => message(each, "m"));
      const timetokens = await real.engine.log.append(real.keyset, sent, model.now);
      expect(timetokens.length).toBe(on.length);
      for (const [index, timetoken] of timetokens.entries()) {
        model.entries.addPublication(on[index] ?? ("" as Channel), timetoken, model.elapsed);
      }
    }),
    step("subscribe", topics, async (wanted, model, real) => {
      const position = await real.engine.log.position(real.keyset, wanted, model.now);
      const reader = new ReaderModel(wanted, position, model.entries);
      model.readers.push(reader);
      real.watch(reader);
    }),
    read,
    read,
    step("catch up", fc.nat(), async (index, model, real) => {
      const reader = model.readers[index % model.readers.length];
      if (reader !== undefined) await real.drain(reader, model);
    }),
  ];
}

function groupSteps(): fc.Arbitrary<Step>[] {
  const group = fc.constantFrom("g", "h") as fc.Arbitrary<Group>;
  const channelsMax = 3;
  const change = fc.record({ group, add: fc.uniqueArray(channel), remove: fc.uniqueArray(channel) });
  return [
    step("change group", change, async ({ group: name, add, remove }, model, real) => {
      const fits = await real.engine.groups.change(real.keyset, name, { add, remove }, channelsMax);
      const former = model.groups.get(name) ?? [];
      const next = [...new Set([...former, ...add])].filter((each) => !remove.includes(each));
      const grows = next.some((each) => !former.includes(each));
      expect(fits).toBe(!(grows && next.length > channelsMax));
      if (!fits) return;
      if (next.length > 0) model.groups.set(name, next);
      else model.groups.delete(name);
      expect(await real.engine.groups.channels(real.keyset, name)).toEqual(next);
    }),
    step("drop group", group, async (name, model, real) => {
      await real.engine.groups.drop(real.keyset, name);
      model.groups.delete(name);
      expect(await real.engine.groups.groups(real.keyset)).toEqual([...model.groups.keys()].sort());
    }),
  ];
}

function passTime(): fc.Arbitrary<Step> {
  const spans = fc.constantFrom(0, 1, 400, 500, 999, 1_000, 2_000, 3_000, 3_001, 5_000, 60_000, 1_200_000);
  return step("pass time", spans, async (ms, model) => {
    model.seats.now += ms;
  });
}

function restart(): fc.Arbitrary<Step> {
  return step(
    "restart",
    fc.constantFrom(0, 1, 900, 5_000, 70_000, -1, -4_000, -3_600_000),
    async (ms, model, real) => {
      const position = await real.beforeNotices(model.now);
      await real.close(model.now);
      if (ms < 0) model.goBack(-ms);
      else model.seats.now += ms;
      await real.open(model.now);
      await real.takeNotices(position, model);
      model.ticks.reopen();
      for (const reader of model.readers) real.watch(reader);
      for (const [name, channelsOfGroup] of model.groups) {
        expect(await real.engine.groups.channels(real.keyset, name)).toEqual(channelsOfGroup);
      }
    },
  );
}
