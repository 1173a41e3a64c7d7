/** States against the application's schema, on their way out and in. */
import type { JsonObject } from "./api.ts";
import { PresenceError } from "./error.ts";
import { isPlainObject, stateText } from "./json.ts";
import type { SchemaResult, StateSchema } from "./schema.ts";

/** Now, or later where a schema takes its time. */
export type Eventually<Value> = Value | Promise<Value>;

/** A state that came, or why it does not fit. */
export type ReadState<State> =
  | { readonly state: State | undefined; readonly error?: undefined }
  | { readonly state?: undefined; readonly error: PresenceError };

/** Checks states both ways. */
export interface StateCheck<State> {
  /** The JSON object to send. Throws, or rejects, with `invalid-state`. */
  outgoing(state: unknown): Eventually<JsonObject>;
  /** What came, as the application's type. An empty object is no state. */
  incoming(state: unknown): Eventually<ReadState<State>>;
}

/** A check by a schema, or by none. */
export function createStateCheck<State>(schema: StateSchema<State> | undefined): StateCheck<State> {
  return {
    outgoing: (state) => {
      if (schema === undefined) return asJson(state);
      return whenThere(schema["~standard"].validate(state), (result) => asJson(fitting(result)));
    },
    incoming: (state) => {
      if (state == null || (isPlainObject(state) && Object.keys(state).length === 0))
        return { state: undefined };
      if (!isPlainObject(state))
        return { error: new PresenceError("invalid-state", "state: it is no JSON object.") };
      // Without a schema the application's word is all there is: its generic parameter says what states are.
      if (schema === undefined) return { state: state as State };
      return attempt(() =>
        whenThere(schema["~standard"].validate(state), (result) => ({ state: fitting(result) })),
      );
    },
  };
}

/** Goes on with a value that may be there already, without a turn of the event loop then. */
export function whenThere<Value, Result>(
  value: Eventually<Value>,
  run: (value: Value) => Eventually<Result>,
): Eventually<Result> {
  return value instanceof Promise ? value.then(run) : run(value);
}

function attempt<State>(run: () => Eventually<ReadState<State>>): Eventually<ReadState<State>> {
  const failed = (thrown: unknown): ReadState<State> => ({
    error:
      thrown instanceof PresenceError
        ? thrown
        : new PresenceError("invalid-state", "state: its schema failed.", { cause: thrown }),
  });
  try {
    const result = run();
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (thrown) {
    return failed(thrown);
  }
}

function asJson(state: unknown): JsonObject {
  // A round trip, so that what is kept cannot be changed from outside.
  return JSON.parse(stateText(state)) as JsonObject;
}

function fitting<State>(result: SchemaResult<State>): State {
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = (issue?.path ?? [])
    .map((part) => `.${String(typeof part === "object" ? part.key : part)}`)
    .join("");
  throw new PresenceError("invalid-state", `state${path}: ${issue?.message ?? "does not fit the schema"}`, {
    cause: result.issues,
  });
}
