/** What the SDK needs of its surroundings: something that carries requests, time, timers and dice. */

/** A request as it goes out. */
export interface Request {
  readonly method: "GET" | "POST";
  /** Path and query, escaped. */
  readonly target: string;
  /** JSON, for POST. */
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Whether it shall outlive the page it is sent from. */
  readonly keepalive?: boolean;
}

/** A reply as it came in. */
export interface Reply {
  readonly status: number;
  /** Seconds of `Retry-After`, when given. */
  readonly retryAfterSeconds?: number;
  readonly body: string;
}

/** Carries a request to the service. Rejects when there is no reply. */
export type Transport = (request: Request) => Promise<Reply>;

/** Time, timers and dice. */
export interface Scheduling {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once, after at least this many milliseconds. Returns how to take that back. */
  after(ms: number, run: () => void): () => void;
  /** From 0 up to, but not including, 1. */
  random(): number;
}
