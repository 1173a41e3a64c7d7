/** The keysets in force, at hand for every request. */
import { type Cancel, defaultPolicy, type Keyset, type KeysetStore } from "@hereabouts/core";
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
  close(): void;
}

/**
 * Opens the directory on a store. Configured keysets take the place of the stored ones; without either, the demo
 * keyset is in force, and is not stored.
 */
export async function openKeysetDirectory(
  store: KeysetStore,
  configured: readonly Keyset[] | undefined,
  onError: (error: unknown) => void,
): Promise<KeysetDirectory> {
  if (configured !== undefined) await store.replace(configured);
  let byKey = index(await store.list());
  const unwatch: Cancel = store.watch(() => {
    store.list().then((keysets) => {
      byKey = index(keysets);
    }, onError);
  });
  return {
    get: (subscribeKey) => byKey.get(subscribeKey),
    all: () => [...byKey.values()],
    close: unwatch,
  };
}

function index(keysets: readonly Keyset[]): ReadonlyMap<SubscribeKey, Keyset> {
  const inForce = keysets.length === 0 ? [demoKeyset] : keysets;
  return new Map(inForce.map((keyset) => [keyset.subscribeKey, keyset]));
}
