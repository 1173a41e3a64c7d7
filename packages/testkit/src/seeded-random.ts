/** Dice that fall the same way every time: xoshiro128** started by splitmix32 from one number. */
import type { Random } from "@hereabouts/core";

/** Repeatable dice with the throws that tests need. */
export interface SeededRandom extends Random {
  /** An integer from 0 to `bound - 1`; `bound` is 1 to 2^32. */
  below(bound: number): number;
  /** One of these; there must be one. */
  pick<Item>(items: readonly Item[]): Item;
}

/** Dice that depend on `seed` alone. */
export function createSeededRandom(seed: number): SeededRandom {
  const next = xoshiro(seed);
  const below = (bound: number): number => {
    if (!(bound >= 1 && bound <= 2 ** 32)) throw new RangeError(`No integer is below ${bound}.`);
    return Math.floor((next() / 2 ** 32) * bound);
  };
  return {
    uint32: next,
    below,
    pick: <Item>(items: readonly Item[]): Item => {
      if (items.length === 0) throw new RangeError("There is nothing to pick from.");
      // The index is below the length, so there is an item, be it `undefined`.
      return items[below(items.length)] as Item;
    },
  };
}

function xoshiro(seed: number): () => number {
  const mix = splitmix(seed);
  let a = mix();
  let b = mix();
  let c = mix();
  let d = mix();
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
