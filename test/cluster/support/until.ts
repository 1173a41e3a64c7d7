/** Waiting for what must come, with a deadline and a sentence about what did not. */

const lookEveryMs = 25;

/** Looks again and again until a probe gives something; resolves with it and the milliseconds that it took. */
export async function until<Value>(
  what: string,
  withinMs: number,
  probe: () => Promise<Value | undefined> | Value | undefined,
): Promise<{ readonly value: Value; readonly tookMs: number }> {
  const startedAt = performance.now();
  for (;;) {
    const value = await probe();
    const tookMs = Math.round(performance.now() - startedAt);
    if (value !== undefined) return { value, tookMs };
    if (tookMs > withinMs) throw new Error(`${what} did not come within ${withinMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** Waits for an instant, in milliseconds since 1970: for deadlines that must have passed. */
export async function untilInstant(instant: number): Promise<void> {
  const ms = instant - Date.now();
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets real time pass where that is the fault itself: how long something is away. */
export async function lasting(ms: number): Promise<void> {
  await untilInstant(Date.now() + ms);
}
