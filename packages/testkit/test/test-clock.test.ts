/** The clock of the tests keeps a scheduler's promises. */
import { describe, expect, test } from "vitest";
import { nextTurn, TestClock } from "../src/test-clock.ts";

const start = 1_000;

describe("a test clock", () => {
  test("runs timers in the order of their instants, each at its own", async () => {
    const clock = new TestClock(start);
    const seen: [string, number][] = [];
    clock.at(start + 20, () => seen.push(["second", clock.now()]));
    clock.at(start + 10, () => seen.push(["first", clock.now()]));
    clock.at(start + 30, () => seen.push(["third", clock.now()]));

    await clock.advance(25);

    expect(seen).toEqual([
      ["first", start + 10],
      ["second", start + 20],
    ]);
    expect(clock.now()).toBe(start + 25);
    expect(clock.timers).toBe(1);
  });

  test("runs timers of one instant in the order they were set", async () => {
    const clock = new TestClock(start);
    const seen: number[] = [];
    for (const number of [1, 2, 3, 4, 5]) clock.at(start + 7, () => seen.push(number));

    await clock.advance(7);

    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("runs timers that timers set, when they come due in the same advance", async () => {
    const clock = new TestClock(start);
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now());
      clock.at(clock.now() + 10, again);
    };
    clock.at(start + 10, again);

    await clock.advance(45);

    expect(seen).toEqual([start + 10, start + 20, start + 30, start + 40]);
  });

  test("lets promises, immediates and what they set come to rest before the next timer", async () => {
    const clock = new TestClock(start);
    const seen: string[] = [];
    clock.at(start + 1, () => {
      void Promise.resolve().then(async () => {
        await nextTurn();
        clock.soon(() => seen.push("soon"));
      });
    });
    clock.at(start + 2, () => seen.push("timer"));

    await clock.advance(2);

    expect(seen).toEqual(["soon", "timer"]);
  });

  test("never runs a timer early or one that was taken back", async () => {
    const clock = new TestClock(start);
    const seen: string[] = [];
    const cancel = clock.at(start + 5, () => seen.push("cancelled"));
    clock.at(start + 11, () => seen.push("early"));
    cancel();
    cancel();

    await clock.advance(10);

    expect(seen).toEqual([]);
  });

  test("runs a timer that is due when it is set without time passing", async () => {
    const clock = new TestClock(start);
    const seen: number[] = [];
    clock.at(start - 5, () => seen.push(clock.now()));
    expect(seen).toEqual([]);

    await clock.settle();

    expect(seen).toEqual([start]);
  });

  test("refuses to go back, to an instant that is none, and to advance twice at once", async () => {
    const clock = new TestClock(start);

    expect(() => clock.at(Number.NaN, () => {})).toThrow("needs an instant");
    await expect(clock.advance(-1)).rejects.toThrow("does not pass by -1");
    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toThrow("already being advanced");
    await first;
    expect(clock.now()).toBe(start + 10);
  });
});
