/** The hooks of this application: they know what its people's states are. */
import type { HereaboutsHooks } from "@hereabouts/react";
import { createHooks } from "@hereabouts/react";

/** What a person shows of themselves. */
export interface PersonState {
  readonly isTyping: boolean;
  /** What they said last; empty when they have said nothing. */
  readonly note: string;
}

/** What this application tells the hooks about itself. */
export interface AppTypes {
  readonly state: PersonState;
}

const hooks: HereaboutsHooks<AppTypes> = createHooks<AppTypes>();

export const {
  HereaboutsProvider,
  useConnectionStatus,
  useOccupancy,
  useOwnState,
  usePresenceEvents,
  useRoster,
} = hooks;
