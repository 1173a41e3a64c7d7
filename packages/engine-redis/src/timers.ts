/** The platform's clock and timers: the only file here that reads them. Used where no scheduler is given. */
import type { Scheduler } from "@hereabouts/core";

/** A scheduler on the machine's clock; its instants follow the monotonic clock, so they never go back. */
export function createTimers(): Scheduler {
  const origin = Date.now() - performance.now();
  const now = (): number => Math.floor(origin + performance.now());
  return {
    now,
    at(when, run) {
      let timer: ReturnType<typeof setTimeout>;
      const arm = (): void => {
        timer = setTimeout(fire, Math.min(Math.max(0, Math.ceil(when - now())), delayMsMax));
      };
      // Platform timers may fire a moment early, and long ones are cut: never early means to look again.
      const fire = (): void => {
        if (now() < when) arm();
        else run();
      };
      arm();
      return () => clearTimeout(timer);
    },
    soon: (run) => {
      setImmediate(run);
    },
  };
}

/** The longest delay a timer of the platform takes. */
const delayMsMax = 2_147_483_647;
