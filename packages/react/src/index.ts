/** Presence on the screen: React hooks for rosters, occupancy, the own state and the connection. */
export type {
  HereaboutsHooks,
  HereaboutsProviderProps,
  SetOwnState,
  UseRoster,
  UseRosterOptions,
} from "./api.ts";
export { createHooks } from "./create-hooks.ts";
export {
  HereaboutsProvider,
  useClient,
  useConnectionStatus,
  useOccupancy,
  useOwnState,
  usePresenceEvents,
  useRoster,
} from "./default-hooks.ts";
