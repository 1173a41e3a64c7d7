/** The keysets in force, at hand for every request. */
import { type Cancel, defaultPolicy, type Keyset, type KeysetStore, type Scheduler } from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";

/** The open keyset of development, in force while none is configured or stored. */
export const demoKeyset: Keyset = {
  subscribeKey: "demo" as SubscribeKey,
  publishKey: "demo" as PublishKey,
  policy: defaultPolicy,
};

/** Finds keysets by their subscribe key. */
export interface KeysetDirectory {
  get(subscribeKey: SubscribeKey): Keyset | undefined;
  /** Every keyset in force. */
  all(): readonly Keyset[];
  /** Puts these in the place of all keysets, in the store and here. */
  replace(keysets: readonly Keyset[]): Promise<void>;
  close(): void;
}

/** After how long keysets are read again that could not be, in milliseconds. */
const readAgainAfterMs = 1_000;

/** What a directory stands on. */
export interface KeysetDirectoryOptions {
  readonly store: KeysetStore;
  /** They take the place of the stored ones. `undefined` leaves those, and where there are none the demo keyset is in force, unstored. */
  readonly configured: readonly Keyset[] | undefined;
  readonly scheduler: Scheduler;
  /** Told when keysets that may have changed could not be read; they are read again. */
  readonly onError: (error: unknown) => void;
}

/** Opens the directory on a store. */
export async function openKeysetDirectory(options: KeysetDirectoryOptions): Promise<KeysetDirectory> {
  const { store, configured, scheduler, onError } = options;
  let isClosed = false;
  let cancelReadAgain: Cancel = () => {};
  let byKey: ReadonlyMap<SubscribeKey, Keyset> = new Map();
  if (configured !== undefined) await store.replace(configured);
  let reads = 0;
  let newest = 0;
  const read = async (): Promise<void> => {
    reads += 1;
    const turn = reads;
    const keysets = await store.list();
    // What a later read asked for is newer, whichever comes first. But what has come is better than what may still fail.
    if (turn < newest) return;
    newest = turn;
    byKey = index(keysets, byKey);
  };
  const readAgain = (): void => {
    cancelReadAgain();
    read().catch((error: unknown) => {
      if (isClosed) return;
      onError(error);
      cancelReadAgain = scheduler.at(scheduler.now() + readAgainAfterMs, readAgain);
    });
  };
  // Watched from before they are read, so that no change falls between.
  const unwatch = store.watch(readAgain);
  try {
    await read();
  } catch (error) {
    unwatch();
    throw error;
  }
  return {
    get: (subscribeKey) => byKey.get(subscribeKey),
    all: () => [...byKey.values()],
    replace: async (keysets) => {
      await store.replace(keysets);
      await read();
    },
    close: () => {
      isClosed = true;
      cancelReadAgain();
      unwatch();
    },
  };
}

/** A keyset that is as it was stays the same object: what was made of its policy is kept by that. */
function index(
  keysets: readonly Keyset[],
  before: ReadonlyMap<SubscribeKey, Keyset>,
): ReadonlyMap<SubscribeKey, Keyset> {
  const inForce = keysets.length === 0 ? [demoKeyset] : keysets;
  return new Map(
    inForce.map((keyset) => {
      const known = before.get(keyset.subscribeKey);
      return [keyset.subscribeKey, known !== undefined && isSame(known, keyset) ? known : keyset];
    }),
  );
}

function isSame(one: Keyset, other: Keyset): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
