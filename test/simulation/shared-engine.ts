/** What all nodes of a world share. */
import type { Engine, Instant } from "@hereabouts/core";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { SeededRandom } from "@hereabouts/testkit";

/** An engine that several nodes work on. */
export interface SharedEngine {
  /** What a node that starts now works on. Its `close` lets go of this node's part only. */
  connect(now: Instant): Promise<Engine>;
  /** The engine as the world itself sees it. */
  readonly truth: Engine;
  /** Whether it does something that the test clock does not see, such as input and output. */
  isBusy(): boolean;
  close(now: Instant): Promise<void>;
}

/** What an engine is opened with. */
export interface SharedEngineOptions {
  readonly now: Instant;
  readonly random: SeededRandom;
  readonly warn: (message: string) => void;
}

/** Opens an engine for one world. */
export type OpenSharedEngine = (options: SharedEngineOptions) => Promise<SharedEngine>;

/** The embedded engine, which all nodes of this process share; what stands between it and them is put there by the world. */
export const openSharedEmbedded: OpenSharedEngine = async ({ now, random, warn }) => {
  const epoch = random.uint32().toString(36);
  const truth = await openEmbeddedEngine({ path: ":memory:", now, epoch, warn });
  return {
    truth,
    connect: async () => ({ ...portsOf(truth), close: async () => {} }),
    isBusy: () => false,
    close: (closedAt) => truth.close(closedAt),
  };
};

function portsOf({ presence, log, groups, keysets }: Engine): Omit<Engine, "close"> {
  return { presence, log, groups, keysets };
}
