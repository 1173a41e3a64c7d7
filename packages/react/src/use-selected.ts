/** Reads a part of an external store, and renders again only when that part is another. */
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";

/** A store, as React reads it. The functions keep their identity while the store is the same. */
export interface Store<Snapshot> {
  subscribe(listener: () => void): () => void;
  /** The same object until something changes. */
  read(): Snapshot;
  /** What there is before the page is alive, on the server and while it is hydrated. */
  readInitial(): Snapshot;
}

/** How to read a part. */
export interface Selection<Snapshot, Selected> {
  select(snapshot: Snapshot): Selected;
  isEqual(left: Selected, right: Selected): boolean;
}

/**
 * The selected part of a store. `select` may be a new function at every rendering: it is called again then, and for
 * every new snapshot, and what it returns is replaced by what it returned before when the two are equal.
 */
export function useSelected<Snapshot, Selected>(
  store: Store<Snapshot>,
  { select, isEqual }: Selection<Snapshot, Selected>,
): Selected {
  const shown = useRef<{ readonly value: Selected }>(undefined);
  const [read, readInitial] = useMemo(() => {
    let memo: { readonly snapshot: Snapshot; readonly value: Selected } | undefined;
    const from = (snapshot: Snapshot): Selected => {
      if (memo !== undefined && Object.is(memo.snapshot, snapshot)) return memo.value;
      const next = select(snapshot);
      const before = memo ?? shown.current;
      const value = before !== undefined && isEqual(before.value, next) ? before.value : next;
      memo = { snapshot, value };
      return value;
    };
    return [() => from(store.read()), () => from(store.readInitial())];
  }, [store, select, isEqual]);
  const value = useSyncExternalStore(store.subscribe, read, readInitial);
  useEffect(() => {
    shown.current = { value };
  }, [value]);
  return value;
}
