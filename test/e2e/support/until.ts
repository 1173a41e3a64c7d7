/** Waiting for what must come, with a deadline and a sentence about what did not. */

/** How long a test waits unless it says otherwise, in milliseconds: build machines are slow. */
export const patienceMs = 30_000;

const lookEveryMs = 10;

/** Looks again and again until a probe gives something; the probe may fail while a server is down. */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value | undefined> | Value | undefined,
  withinMs: number = patienceMs,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  let problem: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new Error(`${what} did not come within ${withinMs} ms.`, { cause: problem });
}

/** Waits for the clock on the wall: for deadlines that must have passed while no server was there to see them. */
export async function untilWallClock(instant: number): Promise<void> {
  await until("the time", () => (Date.now() > instant ? true : undefined), 60_000);
}

/** A promise's value, or a failure when it takes too long. */
export async function within<Value>(
  what: string,
  promise: Promise<Value>,
  ms: number = patienceMs,
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took longer than ${ms} ms.`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
