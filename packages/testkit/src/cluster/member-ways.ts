/** What all users of a crowd do alike: how long they wait for an answer, and for the next try. */
import type { SeededRandom } from "../seeded-random.ts";

const backoffBaseMs = 500;
const backoffMaxMs = 30_000;

/** How often in a row the SDK sends a call. */
export const triesMax = 3;

/** An answer to a short request is given up on early enough for another try before the seat ends. In milliseconds. */
export function patienceMs({ timeoutSeconds }: { readonly timeoutSeconds: number }): number {
  return Math.min(5_000, Math.max(1_000, timeoutSeconds * 200));
}

/**
 * How long to wait after so many failures in a row, in milliseconds, as the SDK does it: from half to the whole of a
 * doubling ceiling, but not before the server said in `retry-after`.
 */
export function backoffMs(random: SeededRandom, failures: number, retryAfter: string | undefined): number {
  const dice = random.below(1_000) / 1_000;
  const asked = Number(retryAfter ?? Number.NaN);
  if (Number.isFinite(asked)) return asked * 1_000 + dice * backoffBaseMs;
  return Math.min(backoffMaxMs, backoffBaseMs * 2 ** (failures - 1)) * (1 - dice / 2);
}

/** What a request failed for, in a word. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : "given up";
}
