/** Makes a provider and the hooks that read from it. */
import type { ClientTypes, RosterSnapshot, StateOf } from "@hereabouts/client";
import { type Context, createContext, useContext } from "react";
import type { HereaboutsHooks, UseRosterOptions } from "./api.ts";
import { useOwnStateIn, usePresenceEventsOf, useRosterPart, useStatusOf } from "./hooks.ts";
import { createProvider } from "./provider.ts";
import type { Source } from "./source.ts";

/**
 * Makes a provider and hooks for one application's types: `createHooks<{ state: { name: string } }>()`, once, in a module
 * of yours. Each set has a context of its own: hooks find only the provider that was made with them, and throw without it.
 */
export function createHooks<Types extends ClientTypes = ClientTypes>(): HereaboutsHooks<Types> {
  type Snapshot = RosterSnapshot<StateOf<Types>>;
  const context = createContext<Source<Types> | undefined>(undefined);

  function useRoster(channel: string): Snapshot;
  function useRoster<Selected>(
    channel: string,
    selector: (snapshot: Snapshot) => Selected,
    options?: UseRosterOptions<Selected>,
  ): Selected;
  // biome-ignore lint/correctness/noComponentHookFactories: a set of hooks is made once, in a module.
  function useRoster(
    channel: string,
    selector: (snapshot: Snapshot) => unknown = itself,
    options: UseRosterOptions<unknown> = {},
  ): unknown {
    return useRosterPart(useSourceOf(context), channel, { ...options, select: selector });
  }

  return {
    HereaboutsProvider: createProvider(context),
    useRoster,
    useOccupancy: (channel) => useRoster(channel, occupancyOf),
    useOwnState: (channel) => useOwnStateIn(useSourceOf(context), channel),
    usePresenceEvents: (channel, handler) => usePresenceEventsOf(useSourceOf(context), channel, handler),
    useConnectionStatus: () => useStatusOf(useSourceOf(context)),
    useClient: () => useSourceOf(context).client,
  };
}

function useSourceOf<Types extends ClientTypes>(context: Context<Source<Types> | undefined>): Source<Types> {
  const source = useContext(context);
  if (source === undefined) throw new Error("A hook of Hereabouts needs its HereaboutsProvider above it.");
  return source;
}

function itself<Value>(value: Value): Value {
  return value;
}

function occupancyOf({ occupancy }: RosterSnapshot<unknown>): number {
  return occupancy;
}
