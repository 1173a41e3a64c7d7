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

/** What a stream tells. */
export interface StreamListener {
  /** A text frame came. */
  onText(text: string): void;
  /**
   * The stream is over, or never came about. `code` is WebSocket's, 1006 when there is none. Nothing comes after it; a
   * second call is ignored.
   */
  onClose(code: number): void;
}

/** A stream: open, or about to be. */
export interface OpenStream {
  /** Sends a text frame. Called only after a frame has come. */
  send(text: string): void;
  /** Ends the stream; what was sent before still goes out. */
  close(): void;
}

/**
 * Opens a stream to the service: a WebSocket, or what carries text frames like one. `target` is path and query, escaped.
 * Never throws: a stream that does not come about is told as one that is over, and later than this returns.
 */
export type StreamOpener = (target: string, listener: StreamListener) => OpenStream;

/** Time, timers and dice. */
export interface Scheduling {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once, after at least this many milliseconds. Returns how to take that back. */
  after(ms: number, run: () => void): () => void;
  /** From 0 up to, but not including, 1. */
  random(): number;
}
