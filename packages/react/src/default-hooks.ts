/** A ready-made set of hooks, for applications that do not say what their states are: any JSON objects. */
import type { ClientTypes } from "@hereabouts/client";
import type { HereaboutsHooks } from "./api.ts";
import { createHooks } from "./create-hooks.ts";

type Hooks = HereaboutsHooks<ClientTypes>;

const hooks: Hooks = /* @__PURE__ */ createHooks();

/** Gives a client to the hooks below it. */
export const HereaboutsProvider: Hooks["HereaboutsProvider"] = hooks.HereaboutsProvider;

/** Reads a channel's roster, or a part of it; see `UseRoster`. */
export const useRoster: Hooks["useRoster"] = hooks.useRoster;

/** How many users are in a channel. */
export const useOccupancy: Hooks["useOccupancy"] = hooks.useOccupancy;

/** The own user's state in a channel, and how to set it. Joins the channel. */
export const useOwnState: Hooks["useOwnState"] = hooks.useOwnState;

/** Calls a handler for every presence event in a channel. */
export const usePresenceEvents: Hooks["usePresenceEvents"] = hooks.usePresenceEvents;

/** The connection's condition. */
export const useConnectionStatus: Hooks["useConnectionStatus"] = hooks.useConnectionStatus;

/** Gives a function that gives the client. */
export const useClient: Hooks["useClient"] = hooks.useClient;
