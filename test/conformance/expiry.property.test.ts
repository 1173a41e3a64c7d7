/** Property: whoever falls silent times out, never early, at most half a second late, exactly once. */
import { createSeededRandom, type Observer, observePresence } from "@hereabouts/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inEachWorld } from "./support.ts";

const lateMsMax = 500;
const stepMs = 100;

/** One stay of a user, as the model expects it: it ends at the deadline that its last heartbeat gave it. */
interface Stay {
  readonly user: string;
  deadline: number;
}

/** A presence event and when it entered the log. */
interface Seen {
  readonly action: string;
  readonly user: string;
  readonly at: number;
}

inEachWorld("expiry of many users", (open, kind) => {
  const users = kind === "memory" ? 200 : 40;
  const steps = kind === "memory" ? 150 : 60;

  test("every silence is one timeout, never early and at most half a second late", {
    timeout: 120_000,
  }, async () => {
    const property = fc.asyncProperty(fc.integer(), async (seed) => {
      const client = await open();
      const random = createSeededRandom(seed);
      const channels = Array.from({ length: 10 }, (_, number) => `ch-${number}`);
      const observer = await observePresence(client, channels);
      const stays: Stay[] = [];
      const seen: Seen[] = [];

      for (let step = 0; step < steps; step += 1) {
        for (let beats = random.below(8); beats > 0; beats -= 1) {
          const number = random.below(users);
          const seconds = 1 + random.below(4);
          await client.heartbeat(`u${number}`, `ch-${number % channels.length}`, { heartbeat: seconds });
          stay(stays, `u${number}`, { now: client.world.now(), seconds });
        }
        seen.push(...(await collect(observer)));
        await client.world.advance(1 + random.below(stepMs));
      }
      await client.world.advance(5_000);
      seen.push(...(await collect(observer)));
      await client.world.advance(5_000);
      expect(await collect(observer), "after everybody has timed out").toEqual([]);

      expectEachStayToEndInTime(stays, seen);
      await client.world.close();
    });
    await fc.assert(property, { numRuns: kind === "memory" ? 5 : 1, seed: 20_260_101 });
  });
});

/** A heartbeat renews the user's stay, or begins a new one when the last is over. */
function stay(
  stays: Stay[],
  user: string,
  { now, seconds }: { readonly now: number; readonly seconds: number },
): void {
  const deadline = now + seconds * 1_000;
  const last = stays.findLast((each) => each.user === user);
  if (last !== undefined && last.deadline > now) last.deadline = deadline;
  else stays.push({ user, deadline });
}

function expectEachStayToEndInTime(stays: readonly Stay[], seen: readonly Seen[]): void {
  const timeouts = new Map<string, number[]>();
  const joins = new Map<string, number>();
  for (const { action, user, at } of seen) {
    if (action === "join") joins.set(user, (joins.get(user) ?? 0) + 1);
    else timeouts.set(user, [...(timeouts.get(user) ?? []), at]);
  }
  for (const user of new Set(stays.map((each) => each.user))) {
    const expected = stays.filter((each) => each.user === user).map((each) => each.deadline);
    const ended = timeouts.get(user) ?? [];
    expect(joins.get(user), `joins of ${user}`).toBe(expected.length);
    expect(ended, `timeouts of ${user}`).toHaveLength(expected.length);
    for (const [index, deadline] of expected.entries()) {
      const lateMs = (ended[index] ?? 0) - deadline;
      expect(lateMs, `how late ${user} timed out`).toBeGreaterThanOrEqual(0);
      expect(lateMs, `how late ${user} timed out`).toBeLessThanOrEqual(lateMsMax);
    }
  }
  expect(timeouts.size).toBe(joins.size);
}

async function collect(observer: Observer): Promise<readonly Seen[]> {
  return (await observer.collect()).map((item) => {
    const { action, uuid } = item.d as { readonly action: string; readonly uuid: string };
    return { action, user: uuid, at: Number(BigInt(item.p.t) / 10_000n) };
  });
}
