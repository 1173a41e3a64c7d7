/** A real-time bound on what a test waits for, so that a lost answer fails at once instead of hanging the run. */

/** How long a test waits for something that should come without delay, in real milliseconds. */
export const patienceMs = 8_000;

/** The promise's result, or an error that says what did not come in time. */
export function withDeadline<Value>(
  promise: Promise<Value>,
  what: string,
  ms: number = patienceMs,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms.`)), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (problem: unknown) => {
        clearTimeout(timer);
        reject(problem);
      },
    );
  });
}
