/** The platform's timers, time and dice. */
import type { Scheduling } from "./ports.ts";

/** Timers longer than this fire at once on some platforms. */
const timerMsMax = 2 ** 31 - 1;

/** Time, timers and dice of the platform. */
export const platformScheduling: Scheduling = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, timerMsMax));
    return () => clearTimeout(timer);
  },
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
};
