/** A deadline for everything that is waited for; one timer for all, because all wait equally long. */
import { type Cancel, EngineError, type Scheduler } from "@hereabouts/core";

interface Wait {
  readonly dueAt: number;
  readonly what: string;
  readonly reject: (error: EngineError) => void;
}

/** Waits that end. */
export class Deadlines {
  readonly #scheduler: Scheduler;
  readonly #ms: number;
  /** In the order in which they come due. */
  readonly #waits = new Set<Wait>();
  #cancel: Cancel | undefined;

  constructor(scheduler: Scheduler, ms: number) {
    this.#scheduler = scheduler;
    this.#ms = ms;
  }

  /** As `work`, but rejects with a timeout when it takes too long. `work` goes on; what comes of it then is dropped. */
  within<Value>(work: Promise<Value>, what: string): Promise<Value> {
    return new Promise((resolve, reject) => {
      const wait: Wait = { dueAt: this.#scheduler.now() + this.#ms, what, reject };
      this.#waits.add(wait);
      this.#arm();
      work.then(
        (value) => {
          this.#waits.delete(wait);
          resolve(value);
        },
        (error: unknown) => {
          this.#waits.delete(wait);
          reject(error);
        },
      );
    });
  }

  /** Sets no more timers. Who still waits is left waiting: close what they wait for. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waits.clear();
  }

  #arm(): void {
    if (this.#cancel !== undefined) return;
    const [first] = this.#waits;
    if (first === undefined) return;
    this.#cancel = this.#scheduler.at(first.dueAt, () => {
      this.#cancel = undefined;
      this.#expire();
      this.#arm();
    });
  }

  #expire(): void {
    const now = this.#scheduler.now();
    for (const wait of this.#waits) {
      if (wait.dueAt > now) return;
      this.#waits.delete(wait);
      const message = `${wait.what} was not answered within ${this.#ms} ms.`;
      wait.reject(new EngineError("timeout", message, { cause: undefined }));
    }
  }
}
