import { expect, test } from "vitest";
import {
  initialPresenceState,
  type PresenceEffect,
  type PresenceInput,
  type PresenceState,
  stepPresence,
} from "../../src/machine/presence.ts";
import { type TargetSet, targetsOf } from "../../src/machine/targets.ts";

const of = (...channels: readonly string[]): TargetSet => targetsOf({ channels, groups: [] });
const seats = (...channels: readonly string[]): PresenceInput => ({ type: "seats", seats: of(...channels) });
const state = (value: number | undefined, ...channels: readonly string[]): PresenceInput => ({
  type: "states",
  targets: of(...channels),
  state: value === undefined ? undefined : { value },
});
const entering: PresenceInput = { type: "entering" };
const due: PresenceInput = { type: "due" };
const disconnect: PresenceInput = { type: "disconnect" };
const refused: PresenceInput = { type: "refused" };

/** An effect in few words. */
function inWords(effect: PresenceEffect): string {
  if (effect.type === "arm" || effect.type === "disarm") return effect.type;
  const names = [...effect.seats].map((target) => target.slice(1)).join(",");
  if (effect.type === "leave") return `leave ${names}`;
  const states = [...effect.states].map(([target, told]) => `${target.slice(1)}=${JSON.stringify(told)}`);
  return ["heartbeat", names, ...states].join(" ");
}

function run(...inputs: readonly PresenceInput[]): {
  readonly state: PresenceState;
  readonly words: readonly string[];
} {
  let step = { state: initialPresenceState, effects: [] as readonly PresenceEffect[] };
  for (const input of inputs) step = stepPresence(step.state, input);
  return { state: step.state, words: step.effects.map(inWords) };
}

test.each<readonly [string, readonly PresenceInput[], readonly string[]]>([
  ["seats alone say nothing: the handshake takes them", [seats("a")], []],
  ["a handshake starts the heartbeats", [seats("a"), entering], ["arm"]],
  ["a handshake without seats starts none", [entering], []],
  [
    "a heartbeat names all seats, and the next is set",
    [seats("a", "b"), entering, due],
    ["heartbeat a,b", "arm"],
  ],
  ["no heartbeat before the first handshake", [seats("a"), due], []],
  ["seats that are not needed any more are left", [seats("a", "b"), entering, seats("b", "c")], ["leave a"]],
  ["the last seat takes the heartbeats along", [seats("a"), entering, seats()], ["disarm", "leave a"]],
  ["seats that no handshake has asked for are not left", [seats("a"), seats()], ["disarm"]],
  ["disconnecting leaves everything", [seats("a", "b"), entering, disconnect], ["disarm", "leave a,b"]],
  ["disconnecting without seats leaves nothing", [disconnect], ["disarm"]],
  ["disconnecting twice leaves once", [seats("a"), entering, disconnect, disconnect], ["disarm"]],
  ["no heartbeat while disconnected", [seats("a"), entering, disconnect, due], []],
  [
    "what is closed while disconnected has been left already",
    [seats("a", "b"), entering, disconnect, seats("a")],
    [],
  ],
  ["after disconnecting a handshake starts all over", [seats("a"), entering, disconnect, entering], ["arm"]],
  ["a refusal stops the heartbeats", [seats("a"), entering, refused], ["disarm"]],
  ["after a refusal seats are still left", [seats("a"), entering, refused, seats()], ["disarm", "leave a"]],
  [
    "states go with the heartbeat",
    [seats("a", "b"), state(1, "a", "b"), entering, due],
    ['heartbeat a,b a={"value":1} b={"value":1}', "arm"],
  ],
  [
    "the latest state counts",
    [seats("a"), state(1, "a"), state(2, "a"), entering, due],
    ['heartbeat a a={"value":2}', "arm"],
  ],
  [
    "a state is forgotten when it is taken back",
    [seats("a"), state(1, "a"), state(undefined, "a"), entering, due],
    ["heartbeat a", "arm"],
  ],
  [
    "a state goes with its seat",
    [seats("a", "b"), state(1, "a"), entering, seats("b"), seats("a", "b"), due],
    ["heartbeat a,b", "arm"],
  ],
  [
    "a state where the user does not sit is not kept",
    [seats("a"), state(1, "b"), entering, seats("a", "b"), due],
    ["heartbeat a,b", "arm"],
  ],
  [
    "states are kept while disconnected",
    [seats("a"), state(1, "a"), entering, disconnect, entering, due],
    ['heartbeat a a={"value":1}', "arm"],
  ],
])("%s", (_name, inputs, expected) => {
  expect(run(...inputs).words).toEqual(expected);
});

test("channels and groups of one name are two places", () => {
  const both = targetsOf({ channels: ["a"], groups: ["a"] });
  const step = stepPresence(run({ type: "seats", seats: both }, entering).state, seats("a"));
  expect(step.effects).toEqual([{ type: "leave", seats: targetsOf({ channels: [], groups: ["a"] }) }]);
});
