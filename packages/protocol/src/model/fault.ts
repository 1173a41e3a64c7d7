/** Everything that can be wrong with a request. A fault is a value: decoders and the service return it. */

/** The closed set of faults. Status and body of each: `wire/status.ts`. */
export type FaultCode =
  /** No keyset has this subscribe key. */
  | "invalid-subscribe-key"
  /** The keyset has another publish key. */
  | "invalid-publish-key"
  /** The request cannot be understood: bad escape, bad filter expression, bad UTF-8. */
  | "could-not-parse"
  /** A value breaks a rule; `message` names the value and the rule. */
  | "invalid-argument"
  /** The target is longer than `targetBytesMax`. */
  | "target-too-long"
  /** The body is longer than `bodyBytesMax`. */
  | "body-too-large"
  /** No such path, or not with this method. */
  | "not-found"
  /** The keyset has this feature switched off. */
  | "feature-off"
  /** `state` is missing from set state. */
  | "state-missing"
  /** `state` is not JSON, or not an object. */
  | "state-invalid"
  /** `state` is longer than `stateBytesMax`. */
  | "state-too-large"
  /** A published payload or its meta is not JSON. */
  | "message-invalid"
  /** A published message is longer than `messageBytesMax`. */
  | "message-too-large"
  /** A signal is longer than `signalBytesMax`. */
  | "signal-too-large"
  /** This channel cannot be published to: a wildcard or presence channel. */
  | "channel-unpublishable"
  /** A character that a group or its channels may not have. */
  | "reserved-character"
  /** A group would hold more channels than it may. */
  | "group-too-large"
  /** The engine cannot answer now; `retryAfterSeconds` says when to come back. */
  | "unavailable"
  /** Too many requests, or too much held at once. */
  | "too-many-requests"
  /** A defect of ours; the log has the details. */
  | "internal";

/** What is wrong with a request. */
export interface Fault {
  readonly code: FaultCode;
  /** A sentence that names the value and the limit it broke; the code's own sentence when absent. */
  readonly message?: string;
  /** With `unavailable` and `too-many-requests`: seconds after which to try again. */
  readonly retryAfterSeconds?: number;
}

/** A value, or what is wrong. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: Fault };

/** A successful result. */
export function success<Value>(value: Value): Result<Value> {
  return { ok: true, value };
}

/** A failed result. */
export function failure(code: FaultCode, message?: string): Result<never> {
  return { ok: false, fault: message === undefined ? { code } : { code, message } };
}
