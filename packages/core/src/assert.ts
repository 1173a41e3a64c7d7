/** Programmer errors: what must hold, checked in production too. */

/** Thrown by {@link assert}: a defect of ours, never a client's mistake. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AssertionError";
  }
}

/** Throws {@link AssertionError} unless the condition holds. `message` says what must hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
