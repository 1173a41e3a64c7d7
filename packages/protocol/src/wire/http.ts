/** What a request and a reply are, to the codec: no HTTP library's types. */

/** Tells that nobody waits for the answer any more. The part of an AbortSignal that we use. */
export interface CancelSignal {
  /** Releases a waiter once, when cancelled; at once if it is already. It may still come after the answer: harmlessly. */
  onCancel(waiter: Waiter): void;
}

/** What a request waits in. An object and no function: tens of thousands wait, and a closure costs each a scope. */
export interface Waiter {
  /** Gives the wait up. */
  release(): void;
}

/** A signal that never fires. */
export const neverCancelled: CancelSignal = { onCancel: () => {} };

/** A request as it came in. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as received; what an escape means is the codec's decision. */
  readonly target: string;
  /** A header's value by its lower-case name. */
  header(name: string): string | undefined;
  /** Decompressed, decoded as strict UTF-8 and bounded by the adapter. `undefined` when there is none. */
  readonly body: string | undefined;
  readonly signal: CancelSignal;
}

/** A reply as it goes out. */
export interface WireResponse {
  readonly status: number;
  /** Shared constants wherever possible: never changed after they are made. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Answers a request: at once where it need not wait, because a promise costs a heartbeat more than renewing its seat.
 * Never throws and never rejects.
 */
export type Handler = (request: WireRequest) => WireResponse | Promise<WireResponse>;
/** Carries a request to a handler somewhere. A handler is a transport. */
export type Transport = (request: WireRequest) => Promise<WireResponse>;
