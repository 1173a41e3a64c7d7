/** Counts requests that are under way, so that a stop can wait for them. */
import type { Scheduler } from "@hereabouts/core";

/** How many requests are under way. */
export class UnderWay {
  #count = 0;
  #onIdle: (() => void) | undefined;

  /** One more. */
  begin(): void {
    this.#count += 1;
  }

  /** One less. */
  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onIdle?.();
  }

  /** Resolves when there are none, or when patience is over. */
  whenIdle(scheduler: Scheduler, patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#count === 0) {
        resolve();
        return;
      }
      const cancel = scheduler.at(scheduler.now() + patienceMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }
}
