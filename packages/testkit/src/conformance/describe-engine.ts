/** The conformance suite: a test per promise of the ports and per rule of the semantics that engines keep. */
import { describe } from "vitest";
import type { EngineTraits, OpenEngine } from "./bench.ts";
import { describeGraces } from "./graces.ts";
import { describeLeaving } from "./leaves.ts";
import { describeLog } from "./log.ts";
import { describeRestarts } from "./restarts.ts";
import { describeSeats } from "./seats.ts";
import { describeStates } from "./states.ts";
import { describeStores } from "./stores.ts";
import { describeTicks, describeTicksOverRestarts } from "./ticks.ts";
import { describeViews } from "./views.ts";

/** Describes what every engine does. There is no list of optional features: an engine passes or is not an engine. */
export function describeEngine(name: string, open: OpenEngine, traits: EngineTraits): void {
  describe(`the ${name} engine`, () => {
    describeSeats(open);
    describeLeaving(open);
    describeGraces(open);
    describeStates(open);
    describeViews(open);
    describeLog(open);
    describeTicks(open);
    describeStores(open);
    if (traits.keeps !== "everything") return;
    describeRestarts(open);
    describeTicksOverRestarts(open);
  });
}
