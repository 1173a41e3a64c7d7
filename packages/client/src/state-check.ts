/** States against the application's schema, on their way out and in. */
import type { JsonObject, StatusEvent } from "./api.ts";
import { PresenceError } from "./error.ts";
import { isPlainObject, stateText } from "./json.ts";
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
  const validate = (state: unknown) => schema?.["~standard"].validate(state);
  return {
    outgoing: (state) => {
      const done = (result: ReturnType<typeof validate>): JsonObject =>
        asJson(result === undefined ? state : fitting(result as SchemaResult<State>));
      try {
        const result = validate(state);
        return result instanceof Promise ? result.then(done).catch(refuse) : done(result);
      } catch (thrown) {
        return refuse(thrown);
      }
    },
    incoming: (raw, { channel, userId }) => {
      if (raw == null || (isPlainObject(raw) && Object.keys(raw).length === 0)) return { state: undefined };
      // Without a schema the application's word is all there is: its generic parameter says what states are.
      if (schema === undefined && isPlainObject(raw)) return { state: raw as State };
      return (async () => {
        try {
          const result = await validate(raw);
          if (result !== undefined) return { state: fitting(result) };
          throw new PresenceError("invalid-state", "state: no plain object.");
        } catch (thrown) {
          const error = invalidState(thrown);
          return { state: undefined, invalid: { type: "invalid-state", channel, userId, error } };
        }
      })();
    },
  };
}

function invalidState(thrown: unknown): PresenceError {
  if (thrown instanceof PresenceError) return thrown;
  return new PresenceError("invalid-state", "state: the schema failed.", { cause: thrown });
}

function refuse(thrown: unknown): never {
  throw invalidState(thrown);
}

function asJson(state: unknown): JsonObject {
  // A round trip, so that what is kept cannot be changed from outside.
  return JSON.parse(stateText(state)) as JsonObject;
}

function fitting<State>({ issues, ...result }: SchemaResult<State>): State {
  if (issues === undefined) return (result as { readonly value: State }).value;
  const [issue] = issues;
  const path = issue?.path?.map((part) => `.${String(typeof part === "object" ? part.key : part)}`).join("");
  throw new PresenceError("invalid-state", `state${path ?? ""}: ${issue?.message}.`, { cause: issues });
}
