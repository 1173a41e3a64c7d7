import { describe, expect, it } from "vitest";
import { createSystemScheduler } from "../src/system-scheduler.ts";

/** Two clocks in hand: what the wall shows, and what has really passed. */
function handClocks(): { wall: number; monotonic: number } {
  return { wall: 1_000_000, monotonic: 5_000 };
}

function schedulerOn(clocks: { wall: number; monotonic: number }): () => number {
  const scheduler = createSystemScheduler({ wall: () => clocks.wall, monotonic: () => clocks.monotonic });
  return () => scheduler.now();
}

describe("the system clock", () => {
  it("starts at the wall clock and passes with the monotonic one", () => {
    const clocks = handClocks();
    const now = schedulerOn(clocks);
    expect(now()).toBe(1_000_000);
    clocks.monotonic += 250.75;
    expect(now()).toBe(1_000_250);
  });

  it("a wall clock stepped by an hour moves it by at most 500 parts in a million, either way", () => {
    for (const step of [3_600_000, -3_600_000]) {
      const clocks = handClocks();
      const now = schedulerOn(clocks);
      clocks.wall += step;
      let passed = 0;
      let before = now();
      for (let second = 0; second < 600; second += 1) {
        passed += 1_000;
        clocks.wall += 1_000;
        clocks.monotonic += 1_000;
        const after = now();
        expect(after).toBeGreaterThan(before);
        before = after;
      }
      expect(Math.abs(before - (1_000_000 + passed))).toBeLessThanOrEqual(passed * 0.0005 + 1);
    }
  });

  it("follows a wall clock that drifts", () => {
    const clocks = handClocks();
    const now = schedulerOn(clocks);
    for (let second = 0; second < 10_000; second += 1) {
      clocks.monotonic += 1_000;
      clocks.wall += 1_000.1;
      now();
    }
    expect(Math.abs(now() - clocks.wall)).toBeLessThanOrEqual(2);
  });
});

describe("the system scheduler", () => {
  it("never runs a timer early, and not at all once it is taken back", async () => {
    const scheduler = createSystemScheduler();
    const cancelled: string[] = [];
    const cancel = scheduler.at(scheduler.now() + 1, () => cancelled.push("ran"));
    cancel();
    const late = await Promise.all(
      [0, 1, 3, 7, 20].map(
        (delay) =>
          new Promise<number>((resolve) => {
            const when = scheduler.now() + delay;
            scheduler.at(when, () => resolve(scheduler.now() - when));
          }),
      ),
    );
    expect(late.every((by) => by >= 0)).toBe(true);
    expect(cancelled).toEqual([]);
  });
});
