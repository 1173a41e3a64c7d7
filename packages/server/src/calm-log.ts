/** Keeps a log readable while something goes wrong thousands of times a second. */
import type { Clock } from "@hereabouts/core";
import type { Log, LogFields } from "./log.ts";

/** For how long a warning or an error is not repeated, in milliseconds. */
export const calmMs = 10_000;

interface Said {
  at: number;
  /** How often it was not said since. */
  leftOut: number;
}

/**
 * A log that gives the same warning or error at most once in ten seconds, and tells with the next one how often it was
 * left out. What is the same is told by the sentence, of which a node has few.
 */
export function calmLog(log: Log, clock: Clock): Log {
  const said = new Map<string, Said>();
  const calm = (say: (message: string, fields?: LogFields) => void) => {
    return (message: string, fields?: LogFields): void => {
      const now = clock.now();
      const last = said.get(message);
      if (last !== undefined && now - last.at < calmMs) {
        last.leftOut += 1;
        return;
      }
      said.set(message, { at: now, leftOut: 0 });
      if (last === undefined || last.leftOut === 0) say(message, fields);
      else say(message, { ...fields, leftOut: last.leftOut });
    };
  };
  return {
    error: calm((message, fields) => log.error(message, fields)),
    warn: calm((message, fields) => log.warn(message, fields)),
    info: (message, fields) => log.info(message, fields),
    debug: (message, fields) => log.debug(message, fields),
  };
}
