import { describe, expect, test } from "vitest";
import { PresenceError } from "../../src/error.ts";
import {
  initialSubscribeState,
  type SubscribeEffect,
  type SubscribeInput,
  type SubscribeState,
  stepSubscribe,
} from "../../src/machine/subscribe.ts";
import { noTargets, type TargetSet, targetsOf } from "../../src/machine/targets.ts";

const cursor = (digits: string) => ({ timetoken: digits, region: 1 });
const of = (...channels: readonly string[]): TargetSet => targetsOf({ channels, groups: [] });
const backoff = { baseMs: 100, maxMs: 1_000 };

const wish = (...channels: readonly string[]): SubscribeInput => ({
  type: "wish",
  wish: { targets: of(...channels), filter: undefined },
  again: noTargets,
});
const again = (channel: string, ...channels: readonly string[]): SubscribeInput => ({
  type: "wish",
  wish: { targets: of(channel, ...channels), filter: undefined },
  again: of(channel),
});
const answered = (digits: string, items = 1): SubscribeInput => ({
  type: "answered",
  cursor: cursor(digits),
  items,
});
const failed = (code: PresenceError["code"], retryAfterSeconds?: number): SubscribeInput => ({
  type: "failed",
  error: new PresenceError(code, "Trouble.", { retryAfterSeconds }),
});
const waited: SubscribeInput = { type: "waited" };
const disconnect: SubscribeInput = { type: "disconnect" };
const reconnect: SubscribeInput = { type: "reconnect" };
const woke: SubscribeInput = { type: "woke" };
const left: SubscribeInput = { type: "left" };

/** An effect in few words. */
function inWords(effect: SubscribeEffect): string {
  switch (effect.type) {
    case "send": {
      const names = [...effect.wish.targets].map((target) => target.slice(1)).join(",");
      return effect.cursor === undefined ? `greet ${names}` : `poll ${names} from ${effect.cursor.timetoken}`;
    }
    case "wait":
      return `wait ${effect.ms}`;
    case "greeted":
      return `greeted${effect.isBack ? " back" : ""}`;
    case "status":
      return effect.event.type === "disconnected" ? `disconnected ${effect.event.reason}` : effect.event.type;
    case "drop":
    case "end":
      return effect.type;
  }
}

/** Takes steps, each a second after the one before unless it says when; returns what is to be done after the last. */
function run(...inputs: readonly (SubscribeInput | number)[]): {
  readonly state: SubscribeState;
  readonly words: readonly string[];
} {
  let state = initialSubscribeState;
  let words: readonly string[] = [];
  let now = 0;
  for (const input of inputs) {
    if (typeof input === "number") {
      now += input;
      continue;
    }
    now += 1_000;
    const step = stepSubscribe(state, input, { now, dice: 0, backoff });
    state = step.state;
    words = step.effects.map(inWords);
  }
  return { state, words };
}

const table: Readonly<
  Record<string, readonly (readonly [string, readonly (SubscribeInput | number)[], readonly string[]])[]>
> = {
  "asking for something": [
    ["the first time greets", [wish("a")], ["drop", "connecting", "greet a"]],
    ["that is asked for already does nothing", [wish("a", "b"), answered("1"), wish("b", "a")], []],
    [
      "new while polling greets, and forgets the poll",
      [wish("a"), answered("1"), wish("a", "b")],
      ["drop", "greet a,b"],
    ],
    [
      "less while polling polls from the same cursor",
      [wish("a", "b"), answered("1"), answered("2"), wish("b")],
      ["drop", "poll b from 2"],
    ],
    ["new while greeting waits for that", [wish("a"), wish("a", "b")], []],
    [
      "new while greeting greets after that",
      [wish("a"), wish("a", "b"), answered("1")],
      ["connected", "greeted back", "greet a,b"],
    ],
    [
      "less while greeting polls after that",
      [wish("a", "b"), wish("b"), answered("1")],
      ["connected", "greeted back", "poll b from 1"],
    ],
    ["again greets, though it is greeted", [wish("a"), answered("1"), again("a")], ["drop", "greet a"]],
    [
      "again while greeting greets once more",
      [wish("a"), again("a"), answered("1")],
      ["connected", "greeted back", "greet a"],
    ],
    ["while waiting waits on", [wish("a"), failed("network"), wish("a", "b")], []],
    ["while disconnected waits for reconnect", [disconnect, wish("a")], []],
    [
      "other after a refusal is another try",
      [wish("a"), failed("denied"), wish("b")],
      ["drop", "connecting", "greet b"],
    ],
    [
      "that was left and came back greets",
      [wish("a", "b"), answered("1"), wish("a"), wish("a", "b")],
      ["drop", "greet a,b"],
    ],
  ],
  "leaving the page": [
    ["while polling forgets the poll", [wish("a"), answered("1"), left], ["end"]],
    ["while greeting ignores the answer", [wish("a"), left], ["end"]],
    ["while waiting waits no more", [wish("a"), failed("network"), left], ["end"]],
    ["with nothing asked for does nothing", [left], []],
    ["sends nothing, whatever else is asked for", [wish("a"), answered("1"), left, wish("a", "b")], []],
  ],
  "asking for nothing": [
    ["ends the connection", [wish("a"), answered("1"), wish()], ["end", "disconnected requested"]],
    ["while disconnected says nothing", [wish("a"), disconnect, wish()], ["end"]],
    [
      "forgets the cursor",
      [wish("a"), answered("7"), answered("8"), wish(), wish("a"), answered("9")],
      ["connected", "greeted back", "poll a from 9"],
    ],
  ],
  "an answer": [
    [
      "to the handshake connects and polls",
      [wish("a"), answered("1", 0)],
      ["connected", "greeted back", "poll a from 1"],
    ],
    [
      "to a later handshake keeps the cursor",
      [wish("a"), answered("1"), wish("a", "b"), answered("9")],
      ["greeted", "poll a,b from 1"],
    ],
    ["to a poll polls on from its cursor", [wish("a"), answered("1"), answered("2")], ["poll a from 2"]],
    [
      "that comes empty after long polls on",
      [
        wish("a"),
        answered("1"),
        answered("1", 0),
        answered("1", 0),
        answered("1", 0),
        answered("1", 0),
        answered("1", 0),
      ],
      ["poll a from 1"],
    ],
    [
      "that comes empty at once, for the third time, polls on",
      [wish("a"), answered("1"), -999, answered("1", 0), -999, answered("1", 0), -999, answered("1", 0)],
      ["poll a from 1"],
    ],
    [
      "that comes empty at once, for the fourth time, waits",
      [
        wish("a"),
        answered("1"),
        -999,
        answered("1", 0),
        -999,
        answered("1", 0),
        -999,
        answered("1", 0),
        -999,
        answered("1", 0),
      ],
      ["wait 100"],
    ],
    [
      "after such a wait is polled for, without a greeting",
      [
        wish("a"),
        answered("1"),
        -999,
        answered("1", 0),
        -999,
        answered("1", 0),
        -999,
        answered("1", 0),
        -999,
        answered("1", 0),
        waited,
      ],
      ["poll a from 1"],
    ],
  ],
  "a failure": [
    ["is told, and waits", [wish("a"), failed("network")], ["reconnecting", "wait 100"]],
    [
      "after another waits twice as long",
      [wish("a"), failed("network"), waited, failed("timeout")],
      ["reconnecting", "wait 200"],
    ],
    [
      "waits as long as the server says",
      [wish("a"), failed("unavailable", 5)],
      ["reconnecting", "wait 5000"],
    ],
    [
      "of a poll is followed by a greeting",
      [wish("a"), answered("1"), failed("malformed-reply"), waited],
      ["greet a"],
    ],
    [
      "is forgotten by an answer",
      [wish("a"), failed("network"), waited, answered("1"), failed("network")],
      ["reconnecting", "wait 100"],
    ],
    [
      "is followed by a poll from the old cursor",
      [wish("a"), answered("1"), answered("5"), failed("network"), waited, answered("9")],
      ["connected", "greeted back", "poll a from 5"],
    ],
    ["that is final ends the connection", [wish("a"), failed("refused")], ["end", "disconnected refused"]],
    [
      "that says no ends the connection",
      [wish("a"), answered("1"), failed("denied")],
      ["end", "disconnected refused"],
    ],
    [
      "of our own making ends the connection",
      [wish("a"), failed("invalid-argument")],
      ["end", "disconnected refused"],
    ],
  ],
  disconnecting: [
    ["forgets what is under way", [wish("a"), answered("1"), disconnect], ["end", "disconnected requested"]],
    ["twice says so once", [wish("a"), disconnect, disconnect], ["end"]],
    [
      "and reconnecting greets",
      [wish("a"), answered("1"), disconnect, reconnect],
      ["drop", "connecting", "greet a"],
    ],
    [
      "and reconnecting polls from the old cursor",
      [wish("a"), answered("1"), answered("4"), disconnect, reconnect, answered("9")],
      ["connected", "greeted back", "poll a from 4"],
    ],
  ],
  reconnecting: [
    ["without anything asked for does nothing", [reconnect], []],
    ["while polling does nothing", [wish("a"), answered("1"), reconnect], []],
    ["while greeting does nothing", [wish("a"), reconnect], []],
    ["while waiting tries at once", [wish("a"), failed("network"), reconnect], ["drop", "greet a"]],
    [
      "after a refusal tries at once",
      [wish("a"), failed("denied"), reconnect],
      ["drop", "connecting", "greet a"],
    ],
  ],
  waking: [
    ["with a fresh poll does nothing", [wish("a"), answered("1"), woke], []],
    ["with an old poll greets and polls anew", [wish("a"), answered("1"), 60_000, woke], ["drop", "greet a"]],
    [
      "after leaving greets, however fresh the poll",
      [wish("a"), answered("1"), -900, left, -900, woke],
      ["drop", "greet a"],
    ],
    ["while waiting tries at once", [wish("a"), failed("network"), woke], ["drop", "greet a"]],
    ["while greeting does nothing", [wish("a"), 60_000, woke], []],
    ["while disconnected does nothing", [wish("a"), disconnect, woke], []],
    ["after a refusal does nothing", [wish("a"), failed("denied"), woke], []],
    ["with nothing asked for does nothing", [woke], []],
  ],
};

describe.each(Object.entries(table))("%s", (_about, rows) => {
  test.each(rows)("%s", (_name, inputs, expected) => {
    expect(run(...inputs).words).toEqual(expected);
  });
});

test("a step changes nothing of what it was given", () => {
  const before = run(wish("a"), answered("1")).state;
  const copy = structuredClone(before);
  stepSubscribe(before, failed("network"), { now: 9_000, dice: 0.5, backoff });
  expect(before).toEqual(copy);
});

test("another filter is another poll", () => {
  const { state } = run(wish("a"), answered("1"));
  const input: SubscribeInput = { type: "wish", wish: { targets: of("a"), filter: "x" }, again: noTargets };
  const step = stepSubscribe(state, input, { now: 3_000, dice: 0, backoff });
  expect(step.effects).toEqual([{ type: "drop" }, { type: "send", wish: input.wish, cursor: cursor("1") }]);
});

test("what a greeting tells is for whom it asked, and from where", () => {
  const { state } = run(wish("a"), answered("1"), wish("a", "b"), wish("b", "c"));
  const step = stepSubscribe(state, answered("9"), { now: 9_000, dice: 0, backoff });
  expect(step.effects[0]).toEqual({ type: "greeted", targets: of("b"), cursor: cursor("9"), isBack: false });
});
