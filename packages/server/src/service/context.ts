/** What the service's commands work with, and the shape they all have. */
import type { Engine, Keyset, Scheduler } from "@hereabouts/core";
import type { CommandKind, CommandOf, OutcomeOf, Result } from "@hereabouts/protocol";
import type { AfterChanges } from "./after-changes.ts";
import type { Connections } from "./connections.ts";
import type { DisconnectNotices } from "./disconnect-notices.ts";
import type { HeldPolls } from "./held-polls.ts";
import type { HereNowCache } from "./here-now-cache.ts";
import type { KeysetDirectory } from "./keyset-directory.ts";

/** The parts a command may use. */
export interface Context {
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly keysets: KeysetDirectory;
  readonly afterChanges: AfterChanges;
  readonly heldPolls: HeldPolls;
  readonly connections: Connections;
  readonly disconnectNotices: DisconnectNotices;
  readonly hereNowCache: HereNowCache;
  /** Whether clients may open streams on this node. */
  readonly offersStreams: () => boolean;
  /** Milliseconds a poll is held when nothing happens. */
  readonly pollHoldMs: number;
}

/** Carries out commands of one kind for a keyset that exists, at once where nothing has to be waited for. */
export type Execute<Kind extends CommandKind> = (
  context: Context,
  keyset: Keyset,
  command: CommandOf<Kind>,
) => Result<OutcomeOf<Kind>> | Promise<Result<OutcomeOf<Kind>>>;
