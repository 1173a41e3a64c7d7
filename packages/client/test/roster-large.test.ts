/** A roster of a large channel: walked page by page while people come, go, fall silent and change their states. */
import { createSeededRandom, targetsOf, testKeys } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import type { RosterSnapshot } from "../src/api.ts";
import { fair, openRosterWorld, type RosterWorld } from "./support/roster-world.ts";

const users = 3_000;
const channel = "stadium";

interface HereNow {
  readonly occupancy: number;
  readonly next?: string;
  readonly uuids: readonly { readonly uuid: string; readonly since: number; readonly state?: object }[];
}

function ask(
  world: RosterWorld,
  rest: string,
  query: Readonly<Record<string, string | number>>,
): Promise<unknown> {
  return world.ask(targetsOf(testKeys).presence(`/channel/${channel}${rest}`, query));
}

/** Everybody who is here now, page by page. */
async function hereNow(world: RosterWorld): Promise<ReadonlyMap<string, unknown>> {
  const here = new Map<string, unknown>();
  let next: string | undefined = "";
  while (next !== undefined) {
    const query = { state: 1, details: 1, ...(next !== "" && { next }) };
    const page = (await ask(world, "", query)) as HereNow;
    for (const { uuid, since, state } of page.uuids) here.set(uuid, { since, state });
    next = page.next;
  }
  return here;
}

function seen({ occupants }: RosterSnapshot<object>): ReadonlyMap<string, unknown> {
  return new Map([...occupants].map(([userId, { since, state }]) => [userId, { since, state }]));
}

/** Something happens to one of the users, ten times a second. */
function churn(world: RosterWorld): () => void {
  const { below, pick } = createSeededRandom(3_000);
  let isOn = true;
  const act = (): void => {
    if (!isOn) return;
    const uuid = `user-${below(users + 200)}`;
    const what = below(4);
    if (what === 0) void ask(world, "/leave", { uuid });
    else if (what === 1)
      void ask(world, `/uuid/${uuid}/data`, { uuid, state: JSON.stringify({ seat: below(9) }) });
    else void ask(world, "/heartbeat", { uuid, heartbeat: pick([2, 3_600]) });
    world.clock.at(world.clock.now() + 100, act);
  };
  act();
  return () => {
    isOn = false;
  };
}

test("a roster of 3,000 users is whole although people come and go while it is walked, and stays so", async () => {
  const world = await openRosterWorld({ seed: 1, announceMax: 10_000 });
  for (let user = 0; user < users; user += 1) {
    await ask(world, "/heartbeat", { uuid: `user-${user}`, heartbeat: 3_600 });
  }
  await world.clock.advance(1_000);
  const stop = churn(world);
  // Answers take up to six seconds: dozens of changes between one page and the next.
  world.weather = { ...fair, slow: 100 };
  const { client, sent } = world.connect("watcher", "device");
  const roster = client.roster(channel);
  const moments: (number | undefined)[] = [];
  const truth = world.truth.channel(channel);
  const before = truth.changes;
  roster.subscribe(() => {
    const { snapshot } = roster;
    if (snapshot.complete) moments.push(truth.momentLike(snapshot, moments.at(-1) ?? 0));
  });
  const ready = roster.ready();
  await world.clock.advance(45_000);

  const whole = await ready;
  expect(whole.occupancy).toBe(whole.occupants.size);
  expect(whole.occupants.size).toBeGreaterThan(users - 300);
  const pages = sent.filter((target) => target.includes(`/channel/${channel}?`));
  // One walk was enough: three pages, the later ones by the place where the one before ended.
  expect(pages.map((target) => target.includes("next="))).toEqual([false, true, true]);
  expect(moments.length).toBeGreaterThan(5);
  expect(moments).not.toContain(undefined);
  // Of what had happened before the walk was over, the first whole snapshot shows a good part.
  expect((moments[0] ?? 0) - before).toBeGreaterThan(50);

  stop();
  world.weather = fair;
  await world.clock.advance(10_000);
  expect(roster.snapshot.complete).toBe(true);
  expect(seen(roster.snapshot)).toEqual(await hereNow(world));
  await world.close();
}, 60_000);
