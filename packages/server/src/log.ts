/** What a node says about itself: one JSON line each, on standard error. */
import { pino } from "pino";
import type { LogLevel } from "./settings.ts";

/** Facts that go with a line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a node's own lines go. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

/** A log that writes lines of this level and above. Synchronous, so that the last words before an exit are not lost. */
export function createLog(level: LogLevel): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    error: (message, fields = {}) => logger.error(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    debug: (message, fields = {}) => logger.debug(fields, message),
  };
}
