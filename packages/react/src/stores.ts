/** What the hooks read, as stores: rosters, the own state, the connection's status. Reading opens nothing; subscribing does. */
import type { ClientTypes, ConnectionStatus, RosterSnapshot, StateOf } from "@hereabouts/client";
import type { Source } from "./source.ts";
import type { Store } from "./use-selected.ts";

/** A channel's roster: empty and incomplete on the server, and before the first answer. */
export function rosterStore<Types extends ClientTypes>(
  source: Source<Types>,
  channel: string,
  join: "join" | "watch",
): Store<RosterSnapshot<StateOf<Types>>> {
  type Snapshot = RosterSnapshot<StateOf<Types>>;
  const blank: Snapshot = { channel, occupants: new Map(), occupancy: 0, complete: false, at: 0 };
  const pool = join === "join" ? source.seats : source.rosters;
  const roster = () => (join === "join" ? source.seats.peek(channel)?.roster : source.rosters.peek(channel));
  return {
    subscribe: (listener) => {
      const letGo = pool.hold(channel);
      const off = roster()?.subscribe(listener);
      return () => {
        off?.();
        letGo();
      };
    },
    read: () => {
      const snapshot = roster()?.snapshot;
      // A roster that knows nothing yet is no news to a component that was shown nothing.
      return snapshot === undefined || isBlank(snapshot) ? blank : snapshot;
    },
    readInitial: () => blank,
  };
}

function isBlank({ at, complete, occupancy }: RosterSnapshot<unknown>): boolean {
  return at === 0 && !complete && occupancy === 0;
}

/** The own state in a channel: `undefined` on the server. Subscribing takes a seat. */
export function ownStateStore<Types extends ClientTypes>(
  source: Source<Types>,
  channel: string,
): Store<StateOf<Types> | undefined> {
  const own = () => source.seats.peek(channel)?.own;
  return {
    subscribe: (listener) => {
      const letGo = source.seats.hold(channel);
      const off = own()?.subscribe(listener);
      return () => {
        off?.();
        letGo();
      };
    },
    read: () => own()?.read(),
    readInitial: () => undefined,
  };
}

/** The connection's status: `disconnected` on the server, and before there is a client. */
export function statusStore<Types extends ClientTypes>(source: Source<Types>): Store<ConnectionStatus> {
  return {
    subscribe: (listener) => source.client().onStatus(listener),
    read: () => source.peek()?.status ?? "disconnected",
    readInitial: () => "disconnected",
  };
}
