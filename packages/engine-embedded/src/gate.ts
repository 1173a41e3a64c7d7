/** Keeps verbs from a closed engine. */
import { EngineError } from "@hereabouts/core";

/** Open until it is shut, once. */
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
