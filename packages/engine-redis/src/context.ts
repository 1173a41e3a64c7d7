/** What the parts of the engine share. */
import { EngineError, type Scheduler } from "@hereabouts/core";
import type { EngineTime } from "./engine-time.ts";
import type { Keyspace } from "./keys.ts";
import type { RedisPort } from "./port.ts";

/** What every part of the engine is given. */
export interface EngineContext {
  readonly port: RedisPort;
  readonly keys: Keyspace;
  readonly time: EngineTime;
  /** Real timers, for what goes on by itself; instants of verbs come with the verbs. */
  readonly scheduler: Scheduler;
  readonly gate: Gate;
  readonly background: Background;
  /** A name for this life of this node that no other had; without spaces and colons. */
  readonly epoch: string;
  /** A partition that nobody swept for longer than this gives its seats that time; `undefined`: never. */
  readonly outageMs: number | undefined;
  /** Told, in a sentence, of what went wrong and did not stop the engine. */
  readonly warn: (message: string) => void;
}

/** Keeps verbs from a closed engine. */
export class Gate {
  #isOpen = true;

  /** Whether verbs may pass. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Throws `EngineError` when the gate is shut. */
  pass(): void {
    if (this.#isOpen) return;
    throw new EngineError("unavailable", "The engine is closed.", { cause: undefined });
  }

  /** Lets nothing pass from now on. */
  shut(): void {
    this.#isOpen = false;
  }
}

/** Work that nobody waits for but the close. */
export class Background {
  readonly #underWay = new Set<Promise<void>>();
  readonly #warn: (message: string) => void;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Takes work over. What it throws is told, beginning with `what`: such as "A user's index was not mended". */
  run(what: string, work: () => Promise<unknown>): void {
    const promise = work().then(
      () => undefined,
      (error: unknown) => this.#warn(`${what}: ${error instanceof Error ? error.message : String(error)}`),
    );
    this.#underWay.add(promise);
    void promise.finally(() => this.#underWay.delete(promise));
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}
