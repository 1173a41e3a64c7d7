/**
 * Property: whoever follows a channel's events knows who is there, with what state, exactly as here now says it, and
 * that no change is missing: revisions count up by one.
 * Requests are sent many at once, so that the order they are carried out in is the server's.
 */
import { sweepEveryMs } from "@hereabouts/core";
import {
  createSeededRandom,
  type Envelope,
  observePresence,
  type SeededRandom,
  type TestClient,
} from "@hereabouts/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyOf, inEachWorld } from "./support.ts";

interface Event {
  readonly action: "join" | "leave" | "timeout" | "state-change";
  readonly uuid: string;
  readonly occupancy: number;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly epoch: string;
  readonly revision: number;
}

/** What a follower knows of one channel. */
interface Roster {
  readonly users: Set<string>;
  readonly states: Map<string, unknown>;
  /** Empty until the channel is heard of. */
  epoch: string;
  /** Of the newest change that is known. */
  revision: number;
}

const users = ["u1", "u2", "u3", "u4", "u5", "u6"];
const channels = ["a", "b", "x.y"];
const devices = [undefined, undefined, "d1", "d2"];

inEachWorld("following a channel", (open, kind) => {
  test("a roster kept from events is what here now answers, after any requests at once", async () => {
    const property = fc.asyncProperty(fc.integer(), async (seed) => {
      const client = await open({ policy: { presenceTimeoutSeconds: 20 } });
      await client.addToGroup("g", ["a", "b"]);
      const random = createSeededRandom(seed);
      const observer = await observePresence(client, channels);
      const rosters = new Map(channels.map((channel) => [channel, emptyRoster()]));

      for (let round = 0; round < 25; round += 1) {
        await someRequests(client, random);
        await client.world.advance(random.below(1_500));
        await someRequests(client, random);
        // Here now sees no seat whose time is up; its event follows with the next sweep.
        await client.world.advance(sweepEveryMs - (client.world.now() % sweepEveryMs));
        for (const item of await observer.collect()) follow(rosters, item);
        for (const [channel, roster] of rosters)
          expect(roster).toEqual(await rosterOf(client, channel, roster));
      }
      await client.world.close();
    });
    await fc.assert(property, { numRuns: kind === "memory" ? 15 : 4, seed: 99 });
  });
});

function someRequests(client: TestClient, random: SeededRandom): Promise<unknown> {
  return Promise.all(Array.from({ length: random.below(6) }, () => someRequest(client, random)));
}

function someRequest(client: TestClient, random: SeededRandom): Promise<unknown> {
  const user = random.pick(users);
  const channel = random.pick(channels);
  const device = random.pick(devices);
  const extras = device === undefined ? {} : { device };
  const state = random.pick([{ n: random.below(3) }, { m: [1] }, {}]);
  switch (random.below(7)) {
    case 0:
      return client.handshake(user, channel, { ...extras, heartbeat: 1 + random.below(4) });
    case 1:
      return client.heartbeat(user, channel, { ...extras, heartbeat: 1 + random.below(4) });
    case 2:
      return client.heartbeat(user, [], { ...extras, groups: ["g"], state: { g: state } });
    case 3:
      return client.setState(user, channel, state);
    case 4:
      return client.leave(user, [], { ...extras, groups: ["g"] });
    default:
      return client.leave(user, channel, extras);
  }
}

const emptyRoster = (): Roster => ({ users: new Set(), states: new Map(), epoch: "", revision: 0 });

/** Takes one event in, and asserts that it can follow on what is known and counts rightly. */
function follow(rosters: ReadonlyMap<string, Roster>, item: Envelope): void {
  const roster = rosters.get(item.c.slice(0, -"-pnpres".length)) ?? emptyRoster();
  const event = item.d as Event;
  const wasThere = roster.users.has(event.uuid);
  const what = JSON.stringify(event);
  if (roster.epoch === "") roster.epoch = event.epoch;
  roster.revision += 1;
  expect([event.epoch, event.revision], what).toEqual([roster.epoch, roster.revision]);
  if (event.action === "join") {
    expect(wasThere, what).toBe(false);
    roster.users.add(event.uuid);
  } else if (event.action === "state-change") {
    expect(roster.states.get(event.uuid) ?? {}, what).not.toEqual(event.data);
    setState(roster, event.uuid, event.data);
  } else {
    expect(wasThere, what).toBe(true);
    expect(event.data ?? {}, what).toEqual(roster.states.get(event.uuid) ?? {});
    roster.users.delete(event.uuid);
    roster.states.delete(event.uuid);
  }
  expect(event.occupancy, what).toBe(roster.users.size);
}

function setState(roster: Roster, user: string, state: Event["data"]): void {
  if (state === undefined || Object.keys(state).length === 0) roster.states.delete(user);
  else roster.states.set(user, state);
}

/** The roster as here now tells it; states of users who are not there are asked for one by one. */
async function rosterOf(client: TestClient, channel: string, known: Roster): Promise<Roster> {
  const body = bodyOf(await client.hereNow(channel, { query: { state: 1, details: 1 } }));
  const { uuids, occupancy, epoch, revision } = body as {
    readonly occupancy: number;
    readonly epoch: string;
    readonly revision: number;
    readonly uuids: readonly { readonly uuid: string; readonly state?: Event["data"] }[];
  };
  expect(uuids).toHaveLength(occupancy);
  const roster = { ...emptyRoster(), epoch, revision };
  for (const { uuid, state } of uuids) {
    roster.users.add(uuid);
    setState(roster, uuid, state);
  }
  for (const [user, state] of known.states) {
    if (roster.users.has(user)) continue;
    // It is forgotten without an event when its user does not come: then it is no longer known.
    const { payload } = bodyOf(await client.getState(user, channel)) as { readonly payload: Event["data"] };
    if (Object.keys(payload ?? {}).length === 0) known.states.delete(user);
    else expect(payload).toEqual(state);
    setState(roster, user, payload);
  }
  return roster;
}
