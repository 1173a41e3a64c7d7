/** What users of the hooks hold. Types only. */
import type {
  Client,
  ClientOptions,
  ClientTypes,
  ConnectionStatus,
  PresenceEvent,
  RosterOptions,
  RosterSnapshot,
  StateOf,
} from "@hereabouts/client";
import type { ReactNode } from "react";

/** What a provider takes: a client, or what to make one of. */
export type HereaboutsProviderProps<Types extends ClientTypes = ClientTypes> = {
  readonly children?: ReactNode;
} & (
  | {
      /** A client that you made and that you close. Another one replaces it. */
      readonly client: Client<Types>;
      readonly options?: never;
    }
  | {
      /**
       * What to make a client of, that the provider owns: made once, when a hook first needs it, and closed after the
       * provider is unmounted. Later changes are ignored; give the provider another `key` to start over. Options that
       * break a rule throw where the client is made: an error boundary gets the PresenceError.
       */
      readonly options: ClientOptions<Types>;
      readonly client?: never;
    }
);

/** How to read a roster. */
export interface UseRosterOptions<Selected> extends RosterOptions {
  /** Whether two results of the selector are the same, so that nothing need render. Default `Object.is`. */
  readonly isEqual?: (left: Selected, right: Selected) => boolean;
}

/** A hook that reads rosters. */
export interface UseRoster<State> {
  /**
   * The newest snapshot of a channel's roster. Components that read one channel share one roster. It only watches,
   * unless `join` says otherwise. On the server, and before the first answer: empty and not `complete`.
   */
  (channel: string): RosterSnapshot<State>;
  /**
   * What a selector makes of the newest snapshot. The component renders again only when that is another one, by
   * `Object.is` or by `isEqual`. The selector has to be pure; it need not keep its identity.
   */
  <Selected>(
    channel: string,
    selector: (snapshot: RosterSnapshot<State>) => Selected,
    options?: UseRosterOptions<Selected>,
  ): Selected;
}

/**
 * Sets the own state: replaces it whole, or makes the next of the last. Resolves when it is set. Calls never overtake
 * each other: while one is under way the newest waits, and those between are skipped. Rejects with a PresenceError
 * (`invalid-state`, `network`, ...), and the state shown is the roster's again then.
 */
export type SetOwnState<State> = (next: State | ((previous: State | undefined) => State)) => Promise<void>;

/** A provider and hooks that know one application's types. */
export interface HereaboutsHooks<Types extends ClientTypes> {
  /** Gives a client to the hooks below it. */
  HereaboutsProvider(props: HereaboutsProviderProps<Types>): ReactNode;
  /** Reads a channel's roster, or a part of it. */
  readonly useRoster: UseRoster<StateOf<Types>>;
  /** How many users are in a channel; 0 on the server and before the first answer. Only watches. */
  useOccupancy(channel: string): number;
  /**
   * The own user's state in a channel, and how to set it. **Joins**: the user sits in the channel while a component that
   * uses this is mounted, since a state lasts as long as the seat. What was set shows at once, and gives way to what the
   * roster says then, such as a state set on another device. `undefined` when there is none, and on the server.
   */
  useOwnState(channel: string): readonly [StateOf<Types> | undefined, SetOwnState<StateOf<Types>>];
  /**
   * Calls a handler for every presence event in a channel while the component is mounted: the handler of the last
   * rendering, without subscribing anew when it is another function. Only watches.
   */
  usePresenceEvents(channel: string, handler: (event: PresenceEvent<StateOf<Types>>) => void): void;
  /** The connection's condition; `disconnected` on the server and before anything is subscribed to. */
  useConnectionStatus(): ConnectionStatus;
  /**
   * Gives a function that gives the client, for every call that has no hook: publish, here now, groups. Call it in
   * handlers and effects, not while rendering: it may have to make the client.
   */
  useClient(): () => Client<Types>;
}
