/** The one error that users of the SDK see. */

/** What kinds of trouble there are. */
export type PresenceErrorCode =
  /** An option or argument breaks a rule; the message names it. */
  | "invalid-argument"
  /** A state is not a plain JSON object or does not fit the schema; the message names the path. */
  | "invalid-state"
  /** The call was given up through its signal. */
  | "aborted"
  /** The client is closed. */
  | "closed"
  /** No answer came: no connection, or it broke. */
  | "network"
  /** No answer came in time. */
  | "timeout"
  /** The server refused: 400, 404, 413, 414 and the like. */
  | "refused"
  /** The server says that this user may not: 401, 403. */
  | "denied"
  /** The server cannot answer now: 429, 5xx. */
  | "unavailable"
  /** An answer came that is none of the protocol's. */
  | "malformed-reply";

/** What may be known of an error besides its code. */
export interface PresenceErrorDetails {
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** What went wrong, with what the server said and what caused it. */
export class PresenceError extends Error {
  declare readonly code: PresenceErrorCode;
  /** The HTTP status, when there was an answer. */
  declare readonly status: number | undefined;
  /** Seconds after which the server asked to be asked again. */
  declare readonly retryAfterSeconds: number | undefined;

  constructor(code: PresenceErrorCode, message: string, details: PresenceErrorDetails = {}) {
    super(message, details);
    const { status, retryAfterSeconds } = details;
    Object.assign(this, { name: "PresenceError", code, status, retryAfterSeconds });
  }

  /** Anything thrown, as a PresenceError; one that is one already is returned as it is. Total. */
  static from(thrown: unknown): PresenceError {
    if (thrown instanceof PresenceError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new PresenceError("network", message, { cause: thrown });
  }
}
