/** Repeatable dice are repeatable and fair enough. */
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../src/seeded-random.ts";

describe("seeded dice", () => {
  test("fall the same way for the same seed and another way for another", () => {
    const throws = (seed: number): number[] => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 50 }, () => random.uint32());
    };

    expect(throws(7)).toEqual(throws(7));
    expect(throws(7)).not.toEqual(throws(8));
  });

  test("give integers of 32 bits that fill every part of the range", () => {
    const random = createSeededRandom(1);
    const sixteenths = new Array<number>(16).fill(0);
    for (let index = 0; index < 16_000; index += 1) {
      const value = random.uint32();
      expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true);
      const part = value >>> 28;
      sixteenths[part] = (sixteenths[part] ?? 0) + 1;
    }

    for (const count of sixteenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test("stay below their bound and pick from what there is", () => {
    const random = createSeededRandom(3);
    const picked = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
    const drawn = new Set(Array.from({ length: 200 }, () => random.below(4)));

    expect([...picked].sort()).toEqual(["a", "b", "c"]);
    expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
    expect(() => random.pick([])).toThrow("nothing to pick");
    expect(() => random.below(0)).toThrow("No integer is below 0");
  });
});
