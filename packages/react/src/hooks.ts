/** The hooks, given their provider's source. `create-hooks.ts` binds them to a context. */
import type {
  ClientTypes,
  ConnectionStatus,
  PresenceEvent,
  RosterSnapshot,
  StateOf,
} from "@hereabouts/client";
import { useCallback, useEffect, useInsertionEffect, useMemo, useRef } from "react";
import type { SetOwnState, UseRosterOptions } from "./api.ts";
import type { Source } from "./source.ts";
import { ownStateStore, rosterStore, statusStore } from "./stores.ts";
import { useSelected } from "./use-selected.ts";

/** A snapshot as it is. */
const whole = { select: <Snapshot>(snapshot: Snapshot): Snapshot => snapshot, isEqual: Object.is };

/** A part of a channel's roster. */
export function useRosterPart<Types extends ClientTypes, Selected>(
  source: Source<Types>,
  channel: string,
  how: UseRosterOptions<Selected> & { select(snapshot: RosterSnapshot<StateOf<Types>>): Selected },
): Selected {
  const { select, isEqual = Object.is, join = "watch" } = how;
  const store = useMemo(() => rosterStore(source, channel, join), [source, channel, join]);
  return useSelected(store, { select, isEqual });
}

/** The own state in a channel, and its setter. */
export function useOwnStateIn<Types extends ClientTypes>(
  source: Source<Types>,
  channel: string,
): readonly [StateOf<Types> | undefined, SetOwnState<StateOf<Types>>] {
  type State = StateOf<Types>;
  const store = useMemo(() => ownStateStore(source, channel), [source, channel]);
  const state = useSelected<State | undefined, State | undefined>(store, whole);
  const setState = useCallback<SetOwnState<State>>(
    async (next) => {
      // Children's effects come before the one that takes the seat.
      const letGo = source.seats.hold(channel);
      try {
        const own = source.seats.peek(channel)?.own;
        await own?.set(typeof next === "function" ? next(own.read()) : next);
      } finally {
        letGo();
      }
    },
    [source, channel],
  );
  return [state, setState];
}

/** Presence events of a channel, for the newest handler. */
export function usePresenceEventsOf<Types extends ClientTypes>(
  source: Source<Types>,
  channel: string,
  handler: (event: PresenceEvent<StateOf<Types>>) => void,
): void {
  const latest = useRef(handler);
  useInsertionEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const subscription = source.client().subscribe({ channels: `${channel}-pnpres` });
    subscription.onPresence((event) => latest.current(event));
    return () => void subscription.close().catch(() => {});
  }, [source, channel]);
}

/** The connection's condition. */
export function useStatusOf<Types extends ClientTypes>(source: Source<Types>): ConnectionStatus {
  const store = useMemo(() => statusStore(source), [source]);
  return useSelected<ConnectionStatus, ConnectionStatus>(store, whole);
}
