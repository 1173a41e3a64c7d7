/** States against the application's schema, on their way out and in. */
import type { JsonObject, StatusEvent } from "./api.ts";
import { PresenceError } from "./error.ts";
import { isPlainObject, plainObject, stateText } from "./json.ts";
import type { SchemaResult, StateSchema } from "./schema.ts";

/** Now, or later where a schema takes its time. */
export type Eventually<Value> = Value | Promise<Value>;

/** A state that came; or what to say when it does not fit. */
export interface ReadState<State> {
  readonly state: State | undefined;
  readonly invalid?: StatusEvent;
}

/** Whose state it is. */
export interface StateOwner {
  readonly channel: string;
  readonly userId: string;
}

/** Checks states both ways. */
export interface StateCheck<State> {
  /** The JSON object to send. Throws, or rejects, with `invalid-state`. */
  outgoing(state: unknown): Eventually<JsonObject>;
  /** What came, as the application's type. An empty object is no state. Never rejects. */
  incoming(raw: unknown, owner: StateOwner): Eventually<ReadState<State>>;
}

/** A check by a schema, or by none. */
export function createStateCheck<State>(schema: StateSchema<State> | undefined): StateCheck<State> {
  /** Without a schema the application's word is all there is: its generic parameter says what states are. */
  const validate = (state: unknown): Eventually<SchemaResult<State>> =>
    schema ? schema["~standard"].validate(state) : { value: plainObject(state) as State };
  const through = <Result>(
    state: unknown,
    then: (result: SchemaResult<State>) => Result,
    otherwise: (error: PresenceError) => Result,
  ): Eventually<Result> => {
    const fail = (thrown: unknown): Result => otherwise(invalidState(thrown));
    try {
      const result = validate(state);
      return result instanceof Promise ? result.then(then).catch(fail) : then(result);
    } catch (thrown) {
      return fail(thrown);
    }
  };
  return {
    outgoing: (state) => through(state, (result) => asJson(fitting(result)), refuse),
    incoming: (raw, { channel, userId }) => {
      if (raw == null || (isPlainObject(raw) && Object.keys(raw).length === 0)) return { state: undefined };
      return through<ReadState<State>>(
        raw,
        (result) => ({ state: fitting(result) }),
        (error) => ({ state: undefined, invalid: { type: "invalid-state", channel, userId, error } }),
      );
    },
  };
}

function invalidState(thrown: unknown): PresenceError {
  if (thrown instanceof PresenceError) return thrown;
  return new PresenceError("invalid-state", "state: the schema failed.", { cause: thrown });
}

function refuse(error: PresenceError): never {
  throw error;
}

function asJson(state: unknown): JsonObject {
  // A round trip, so that what is kept cannot be changed from outside.
  return JSON.parse(stateText(state)) as JsonObject;
}

function fitting<State>(result: SchemaResult<State>): State {
  if (!result.issues) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => `.${String(typeof part === "object" ? part.key : part)}`).join("");
  throw new PresenceError("invalid-state", `state${path ?? ""}: ${issue?.message}.`, {
    cause: result.issues,
  });
}
