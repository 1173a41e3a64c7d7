/** Things that several components share: opened for the first, closed after the last. */
import type { Off } from "@hereabouts/client";

/** Shared things by key. */
export interface Pool<Item> {
  /** What is open under this key; `undefined` while nobody holds it. Opens nothing, so that rendering may ask. */
  peek(key: string): Item | undefined;
  /** Holds what is under this key, and opens it for the first. Calling what it returns lets go of it. */
  hold(key: string): Off;
}

/** How a pool's things come and go. */
export interface PoolOptions<Item> {
  open(key: string): Item;
  close(item: Item): void;
}

interface Entry<Item> {
  readonly item: Item;
  holders: number;
}

/**
 * Makes an empty pool. A thing is not closed at once when its last holder lets go, but at the end of the turn: React's
 * strict mode, and one component taking the place of another, let go and hold again within one turn.
 */
export function createPool<Item>({ open, close }: PoolOptions<Item>): Pool<Item> {
  const entries = new Map<string, Entry<Item>>();
  const enter = (key: string): Entry<Item> => {
    const entry = { item: open(key), holders: 0 };
    entries.set(key, entry);
    return entry;
  };
  return {
    peek: (key) => entries.get(key)?.item,
    hold: (key) => {
      const entry = entries.get(key) ?? enter(key);
      entry.holders += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        entry.holders -= 1;
        queueMicrotask(() => {
          if (entry.holders > 0 || entries.get(key) !== entry) return;
          entries.delete(key);
          close(entry.item);
        });
      };
    },
  };
}
