/** Whatever the network does to a client, it misses nothing, sees nothing twice, and sits where it should in the end. */
import { createSeededRandom, type SeededRandom } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import type { Subscription } from "../src/index.ts";
import { type Fate, openInMemory } from "./support/in-memory.ts";
import { record } from "./support/recording.ts";

const seeds = Array.from({ length: 25 }, (_, index) => index + 1);
const steps = 60;

/** What becomes of a request on a bad day. */
function fateOf(random: SeededRandom): Fate {
  const delays = { delayMs: random.below(800), replyDelayMs: random.below(800) };
  switch (random.below(8)) {
    case 0:
      return { ...delays, lost: "told" };
    case 1:
      return { ...delays, replyLost: "told" };
    case 2:
      return { ...delays, doubled: true };
    case 3:
      return { answer: { status: 503, body: "{}", retryAfterSeconds: random.below(3) } };
    case 4:
      return { answer: { status: 200, body: "<html>" } };
    default:
      return delays;
  }
}

test.each(seeds)("with seed %i", async (seed) => {
  await using world = await openInMemory({ seed });
  const random = createSeededRandom(seed);
  const alice = world.client("alice", { presenceTimeoutSeconds: 30 });
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "main", state: { mood: "fine" } }));
  const others = new Map<string, Subscription<object, unknown>>();
  await world.advance(100);
  expect(alice.status).toBe("connected");

  world.network = ({ target }) => (target.includes("uuid=alice") ? fateOf(random) : {});
  const sent: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    await bob.publish({ channel: "main", message: step });
    sent.push(step);
    const name = `other-${random.below(3)}`;
    const open = others.get(name);
    if (random.below(3) === 0) {
      if (open === undefined) others.set(name, alice.subscribe({ channels: name }));
      else void open.close();
      if (open !== undefined) others.delete(name);
    }
    if (random.below(20) === 0) {
      void alice.disconnect();
      await world.advance(random.below(3_000));
      alice.reconnect();
    }
    await world.advance(random.below(1_500));
  }
  world.network = () => ({});
  // Longer than the longest delay, the presence timeout, and a heartbeat.
  await world.advance(120_000);

  expect(got.lines()).toEqual(sent.map((step) => `main message ${step}`));
  expect((await bob.whereNow({ userId: "alice" })).channels.toSorted()).toEqual(
    ["main", ...others.keys()].toSorted(),
  );
  expect((await bob.getState({ channels: "main", userId: "alice" })).channels).toEqual({
    main: { mood: "fine" },
  });
});
