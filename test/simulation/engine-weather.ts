/** What becomes of a node's calls to the engine. */
import type { SeededRandom } from "@hereabouts/testkit";
import { engineDelayMsMax, type Plan } from "./plan.ts";

/** What becomes of one call. */
export interface CallFate {
  /** Until it reaches the engine, and until the answer is back, in milliseconds. */
  readonly delayMs: number;
  readonly replyDelayMs: number;
  /** `refused`: the engine never sees it. `unsaid`: it is done, and the node is never told. */
  readonly fails: "no" | "refused" | "unsaid";
}

/** What calls to the engine go through. */
export interface Weather {
  /** Calls on their way. */
  calls: number;
  /** Throws the dice for one call. */
  fate(): CallFate;
  /** How long a wake-up takes to a node. */
  wakeDelay(): number;
  /** Whether the engine does the channels of a call in parts. */
  readonly isInParts: boolean;
}

/** A verb of an engine is several scripts: each goes wrong less often by this. */
const scriptsPerVerb = 3;

/** The weather between the nodes and the engine. */
export class EngineWeather implements Weather {
  /** Whether the engine is there for anybody. */
  isAway = false;
  /** Whether faults are drawn for single calls. */
  isFoul = true;
  /** Calls on their way. */
  calls = 0;
  readonly #plan: Plan;
  readonly #random: SeededRandom;

  constructor(plan: Plan, random: SeededRandom) {
    this.#plan = plan;
    this.#random = random;
  }

  /** Throws the dice for one call. */
  fate(): CallFate {
    return this.#fate(1);
  }

  /** Throws the dice for one script. */
  scriptFate(): CallFate {
    return this.#fate(scriptsPerVerb);
  }

  /** Where there is no weather: only one node's calls are counted, until they are set to 0 when it is gone. */
  indoors(): Weather {
    const outside = this;
    let own = 0;
    return {
      get calls() {
        return own;
      },
      set calls(calls) {
        outside.calls += calls - own;
        own = calls;
      },
      fate: () => ({ delayMs: 0, replyDelayMs: 0, fails: "no" }),
      wakeDelay: () => 0,
      isInParts: false,
    };
  }

  #fate(rarity: number): CallFate {
    const { faults, engineDeadlineMs } = this.#plan;
    const random = this.#random;
    const delays = { delayMs: this.#delay(), replyDelayMs: this.#delay() };
    if (!this.isFoul) return { ...delays, fails: "no" };
    if (faults.has("engine-slow") && random.below(40 * rarity) === 0) {
      const slow = random.below(engineDeadlineMs * 1.5);
      return random.below(2) === 0
        ? { ...delays, delayMs: slow, fails: "no" }
        : { ...delays, replyDelayMs: slow, fails: "no" };
    }
    if (faults.has("engine-failures") && random.below(25 * rarity) === 0) {
      return { ...delays, fails: random.pick(["refused", "unsaid"] as const) };
    }
    return { ...delays, fails: "no" };
  }

  /** How long a wake-up takes to a node. */
  wakeDelay(): number {
    return this.#delay();
  }

  /** Whether the engine does the channels of a call in parts. */
  get isInParts(): boolean {
    return this.#plan.faults.has("engine-parts");
  }

  #delay(): number {
    return this.#random.below(3) === 0 ? 1 + this.#random.below(engineDelayMsMax) : 0;
  }
}
