/** What users' code may say and may not: checked by the compiler, never run. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  type Calls,
  type Core,
  createCalls,
  createCore,
  createRosters,
  type RosterOccupant,
} from "../src/core.ts";
import {
  type Client,
  createClient,
  type JoinEvent,
  type JsonObject,
  type LeaveEvent,
  type PresenceError,
  type PresenceErrorCode,
  type PresenceEvent,
  type Transport,
} from "../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function assertType<True extends true>(): True;

const keys = { origin: "https://presence.example.com", subscribeKey: "sub", userId: "alice" };

interface Mood {
  readonly mood: "fine" | "tired";
}
interface Chat {
  readonly text: string;
}

// Without types, states are JSON objects and messages are unknown.
const plain = createClient(keys);
void plain.setState({ channels: "a", state: { any: ["json", { there: null }] } });
void plain.publish({ channel: "a", message: 7 });
plain.subscribe({ channels: "a" }).onMessage(({ message }) => {
  assertType<Equal<typeof message, unknown>>();
  // @ts-expect-error: an unknown message has to be looked at first
  message.text;
});
plain.subscribe({ channels: "a" }).onPresence((event) => {
  if (event.action === "leave") assertType<Equal<typeof event.state, JsonObject | undefined>>();
});

// With types, both are what the application says.
const typed = createClient<{ state: Mood; message: Chat }>(keys);
void typed.setState({ channels: ["a", "b"], state: { mood: "fine" } });
// @ts-expect-error: no such mood
void typed.setState({ channels: "a", state: { mood: "odd" } });
// @ts-expect-error: a state needs its mood
typed.subscribe({ channels: "a", state: {} });
// @ts-expect-error: a message needs its text
void typed.publish({ channel: "a", message: {} });
typed.subscribe({ channels: "a" }).onMessage(({ message }) => {
  assertType<Equal<typeof message, Chat>>();
});
void typed.hereNow({ channels: "a" }).then(({ channels }) => {
  const [first] = channels.a?.occupants ?? [];
  assertType<
    Equal<typeof first, { readonly userId: string; readonly state: Mood | undefined } | undefined>
  >() satisfies boolean;
  return first;
});
void typed.getState({ channels: "a" }).then(({ channels }) => {
  assertType<Equal<(typeof channels)["a"], Mood | undefined>>();
});
assertType<
  Equal<
    ReturnType<typeof typed.roster>["snapshot"]["occupants"] extends ReadonlyMap<string, infer One>
      ? One extends { state: Mood | undefined }
        ? true
        : false
      : false,
    true
  >
>();

// Presence events are told apart by their action.
declare const event: PresenceEvent<Mood>;
switch (event.action) {
  case "join":
    event satisfies JoinEvent<Mood>;
    // @ts-expect-error: a join joins one user
    event.joined;
    break;
  case "leave":
    event satisfies LeaveEvent<Mood>;
    break;
  case "timeout":
  case "state-change":
    event.state satisfies Mood | undefined;
    break;
  case "interval":
    event.joined satisfies readonly string[];
    // @ts-expect-error: an interval is of no one user
    event.userId;
    break;
  default:
    event satisfies never;
}
// @ts-expect-error: events cannot be changed
event.occupancy = 7;

// An iteration yields messages and presence, told apart by their type.
async function iterate(): Promise<void> {
  for await (const one of typed.subscribe({ channels: "a" })) {
    if (one.type === "presence") one.occupancy satisfies number;
    else one.message satisfies Chat;
  }
}
void iterate;

// Schemas of three libraries say what states are.
const bySchema = {
  zod: createClient<{ state: Mood }>({ ...keys, stateSchema: z.object({ mood: z.enum(["fine", "tired"]) }) }),
  valibot: createClient<{ state: Mood }>({
    ...keys,
    stateSchema: v.object({ mood: v.picklist(["fine", "tired"]) }),
  }),
  arktype: createClient<{ state: Mood }>({ ...keys, stateSchema: type({ mood: "'fine' | 'tired'" }) }),
};
bySchema.zod satisfies Client<{ state: Mood }>;
// @ts-expect-error: a schema of something else
createClient<{ state: Mood }>({ ...keys, stateSchema: z.object({ age: z.number() }) });

// Options.
// @ts-expect-error: an origin is needed
createClient({ subscribeKey: "sub", userId: "alice" });
// @ts-expect-error: no such option
createClient({ ...keys, uuid: "alice" });
// @ts-expect-error: an option that is given has a value
createClient({ ...keys, token: undefined });
// @ts-expect-error: no such option
void plain.hereNow({ channel: "a" });
void plain.hereNow({ channels: ["a"] as const, signal: new AbortController().signal });

// Errors have a closed set of codes.
declare const error: PresenceError;
error.code satisfies PresenceErrorCode;
// @ts-expect-error: no such code
error.code === "unknown";

// A transport is a function.
const transport: Transport = async ({ method, target }) => ({ status: 200, body: `${method} ${target}` });
createClient({ ...keys, transport });

// The parts are typed as the whole, and stand on a core; a client is one.
const core = createCore<{ state: Mood; message: Chat }>(keys);
createClient<{ state: Mood; message: Chat }>(keys) satisfies Core<{ state: Mood; message: Chat }>;
assertType<
  Equal<ReturnType<typeof createCalls<{ state: Mood; message: Chat }>>, Calls<{ state: Mood; message: Chat }>>
>();
void createCalls(core).setState({ channels: "a", state: { mood: "fine" } });
void createCalls(core).publish({ channel: "a", message: { text: "hi" } });
// @ts-expect-error: no such mood
void createCalls(core).setState({ channels: "a", state: { mood: "odd" } });
// @ts-expect-error: no such message
void createCalls(core).publish({ channel: "a", message: 7 });
const { occupants } = createRosters(core).roster("a").snapshot;
assertType<Equal<typeof occupants, ReadonlyMap<string, RosterOccupant<Mood>>>>();
// @ts-expect-error: a core by itself has no calls
core.hereNow;
// @ts-expect-error: nothing but a core will do
createCalls({ userId: "alice" });

// `using`.
async function use(): Promise<void> {
  await using client = createClient(keys);
  await using subscription = client.subscribe({ channels: "a" });
  subscription.onStatus(() => {});
}
void use;
