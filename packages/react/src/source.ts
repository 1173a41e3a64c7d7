/** What a provider gives to the hooks below it: a client, made when it is first needed, and what components share of it. */
import type { Client, ClientTypes, Off, Roster, StateOf } from "@hereabouts/client";
import { createOwnState, type OwnState } from "./own-state.ts";
import { createPool, type Pool } from "./pool.ts";

/** A seat in a channel that components hold together. */
export interface Seat<State> {
  readonly roster: Roster<State>;
  readonly own: OwnState<State>;
}

/** A provider's client and what is open on it. */
export interface Source<Types extends ClientTypes> {
  readonly userId: string;
  /** The client, made now if there is none. Not for rendering: a rendering may be thrown away. */
  client(): Client<Types>;
  /** The client, if it was made. */
  peek(): Client<Types> | undefined;
  /** Keeps an own client alive. After the last holder lets go it is closed, at the end of the turn. */
  hold(): Off;
  /** Rosters by channel, that only watch. */
  readonly rosters: Pool<Roster<StateOf<Types>>>;
  /** Seats by channel. */
  readonly seats: Pool<Seat<StateOf<Types>>>;
}

/** A source of a client that somebody else closes. */
export function sourceOf<Types extends ClientTypes>(client: Client<Types>): Source<Types> {
  return createSource({
    userId: client.userId,
    client: () => client,
    peek: () => client,
    hold: () => () => {},
  });
}

/** A source that makes its client when it is first needed, and closes it after use; used again, it makes another. */
export function createOwnSource<Types extends ClientTypes>(
  userId: string,
  create: () => Client<Types>,
): Source<Types> {
  const clients = createPool<Client<Types>>({
    open: create,
    // Whether the service heard of it or not: the client is gone, and the seats run to their deadline.
    close: (client) => void client.close().catch(() => {}),
  });
  const client = (): Client<Types> => {
    const made = clients.peek("own");
    if (made !== undefined) return made;
    // For this turn only: the provider's own effect comes after its children's.
    clients.hold("own")();
    return client();
  };
  return createSource({ userId, client, peek: () => clients.peek("own"), hold: () => clients.hold("own") });
}

function createSource<Types extends ClientTypes>(
  base: Pick<Source<Types>, "userId" | "client" | "peek" | "hold">,
): Source<Types> {
  type State = StateOf<Types>;
  const { userId, client } = base;
  return {
    ...base,
    rosters: createPool<Roster<State>>({
      open: (channel) => client().roster(channel),
      close: (roster) => void roster.close().catch(() => {}),
    }),
    seats: createPool<Seat<State>>({
      open: (channel) => {
        const owner = client();
        const roster = owner.roster(channel, { join: "join" });
        const send = (state: State) => owner.setState({ channels: channel, state });
        return { roster, own: createOwnState({ userId, roster, send }) };
      },
      close: ({ roster }) => void roster.close().catch(() => {}),
    }),
  };
}
