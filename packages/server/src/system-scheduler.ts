/**
 * The real clock and timers; the only file that reads them.
 *
 * The clock starts at the wall clock and then runs on the monotonic one, so that a stepped wall clock neither ends
 * seats early nor keeps them: it follows the wall clock by at most 500 parts in a million, as kernels do.
 */
import type { Cancel, Instant, Scheduler } from "@hereabouts/core";

/** Where instants come from: the wall clock, which may jump, and a monotonic one, which may not. In milliseconds. */
export interface TimeSources {
  wall(): number;
  monotonic(): number;
}

const systemSources: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() };

const slewPartsMax = 500 / 1_000_000;
const slewEveryMs = 1_000;
/** The longest delay a timer of the platform takes. */
const delayMsMax = 2_147_483_647;

/** A scheduler on the machine's clocks. `sources` is for tests of the clock itself. */
export function createSystemScheduler(sources: TimeSources = systemSources): Scheduler {
  const now = createSteadyClock(sources);
  return {
    now,
    at: (when, run) => setTimer(now, when, run),
    soon: (run) => {
      setImmediate(run);
    },
  };
}

/** Whole milliseconds that never go back and follow the wall clock slowly. */
function createSteadyClock(sources: TimeSources): () => Instant {
  let anchorWall = sources.wall();
  let anchorMonotonic = sources.monotonic();
  return () => {
    const monotonic = sources.monotonic();
    const elapsed = monotonic - anchorMonotonic;
    if (elapsed >= slewEveryMs) {
      const steady = anchorWall + elapsed;
      const slewMost = elapsed * slewPartsMax;
      const behind = sources.wall() - steady;
      anchorWall = steady + Math.max(-slewMost, Math.min(slewMost, behind));
      anchorMonotonic = monotonic;
      return Math.floor(anchorWall);
    }
    return Math.floor(anchorWall + elapsed);
  };
}

function setTimer(now: () => Instant, when: Instant, run: () => void): Cancel {
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
}
