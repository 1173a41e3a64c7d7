/** The platform's timers, time and dice. */
import type { Scheduling } from "./ports.ts";

/** Time, timers and dice of the platform. */
export const platformScheduling: Scheduling = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
