/** State, seated or not. */
import { emptyState } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { Ledger } from "../src/ledger.ts";
import { absencesPerKeysetMax, emptyChannelRetentionMs, emptyChannelsPerKeysetMax } from "../src/limits.ts";
import type { Change } from "../src/ports.ts";
import { channel, channels, leaveOf, seatOf, state, stateOf, t0, user, wholePage } from "./support/build.ts";

const open = (): Ledger => new Ledger({ epoch: "life" });

const told = ({ kind, user, channel, occupancy, state }: Change) =>
  `${kind} ${user}@${channel} ${occupancy} ${state ?? "-"}`;

function stateNow(ledger: Ledger, name: string, now: number) {
  return ledger.states(user(name), channels("a"), now)[0];
}

test("[S-021] setting what is set already is no change", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  expect(ledger.setState(stateOf("u", ["a"], { k: 1 }), t0).map(told)).toEqual([
    'state-change u@a 1 {"k":1}',
  ]);
  expect(ledger.setState(stateOf("u", ["a"], { k: 1 }), t0)).toEqual([]);
});

test("[S-022] a new state replaces the old one whole", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.setState(stateOf("u", ["a"], { a: 1 }), t0);
  ledger.setState(stateOf("u", ["a"], { b: 2 }), t0);
  expect(stateNow(ledger, "u", t0)).toBe(state({ b: 2 }));
});

test("[S-024] a leave shows the state and deletes it", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.setState(stateOf("u", ["a"], { k: 1 }), t0);
  expect(ledger.leave(leaveOf("u", ["a"]), t0).map(told)).toEqual(['leave u@a 0 {"k":1}']);
  expect(stateNow(ledger, "u", t0)).toBeUndefined();
});

test("[S-025] a timeout shows the state and deletes it, and who joins again starts without", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  ledger.setState(stateOf("u", ["a"], { k: 1 }), t0);
  expect(ledger.sweep(t0 + 2_000, 9).map(told)).toEqual(['timeout u@a 0 {"k":1}']);
  ledger.touch(seatOf("u", ["a"]), t0 + 3_000);
  expect(stateNow(ledger, "u", t0 + 3_000)).toBeUndefined();
});

test("the state of a seat that is due is gone, swept or not", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  ledger.setState(stateOf("u", ["a"], { k: 1 }), t0);
  expect(stateNow(ledger, "u", t0 + 1_999)).toBe(state({ k: 1 }));
  expect(stateNow(ledger, "u", t0 + 2_000)).toBeUndefined();
});

test("[S-026] a touch that carries state joins first, then changes the state", () => {
  const ledger = open();
  const carried = { states: new Map([[channel("b"), state({ k: 1 })]]) };
  expect(ledger.touch(seatOf("u", ["a", "b"], carried), t0).changes.map(told)).toEqual([
    "join u@a 1 -",
    "join u@b 1 -",
    'state-change u@b 1 {"k":1}',
  ]);
  expect(ledger.touch(seatOf("u", ["a", "b"], carried), t0).changes).toEqual([]);
  expect(ledger.touch(seatOf("u", ["a", "b"]), t0).changes).toEqual([]);
});

test("the empty state clears; clearing what is not there is no change", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  expect(ledger.setState(stateOf("u", ["a"], {}), t0)).toEqual([]);
  ledger.setState(stateOf("u", ["a"], { k: 1 }), t0);
  const carried = { states: new Map([[channel("a"), emptyState]]) };
  expect(ledger.touch(seatOf("u", ["a"], carried), t0).changes.map(told)).toEqual(["state-change u@a 1 -"]);
  expect(stateNow(ledger, "u", t0)).toBeUndefined();
  expect(ledger.leave(leaveOf("u", ["a"]), t0).map(told)).toEqual(["leave u@a 0 -"]);
});

test("[S-023] the state of a user who is not there yet waits for the join", () => {
  const ledger = open();
  expect(ledger.setState(stateOf("u", ["a"], { k: 1 }), t0).map(told)).toEqual([
    'state-change u@a 0 {"k":1}',
  ]);
  expect(ledger.setState(stateOf("u", ["a"], { k: 1 }), t0)).toEqual([]);
  expect(stateNow(ledger, "u", t0 + 299_999)).toBe(state({ k: 1 }));
  expect(ledger.touch(seatOf("u", ["a"]), t0 + 299_999).changes.map(told)).toEqual(['join u@a 1 {"k":1}']);
  expect(stateNow(ledger, "u", t0 + 500_000)).toBe(state({ k: 1 }));
});

test("it does not wait for ever", () => {
  const ledger = open();
  ledger.setState(stateOf("u", ["a"], { k: 1 }, 5_000), t0);
  expect(stateNow(ledger, "u", t0 + 5_000)).toBeUndefined();
  ledger.touch(seatOf("u", ["a"]), t0 + 5_000);
  expect(stateNow(ledger, "u", t0 + 5_000)).toBeUndefined();
});

test("setting it again makes it wait from then on", () => {
  const ledger = open();
  ledger.setState(stateOf("u", ["a"], { k: 1 }, 5_000), t0);
  expect(ledger.setState(stateOf("u", ["a"], { k: 1 }, 5_000), t0 + 4_000)).toEqual([]);
  expect(stateNow(ledger, "u", t0 + 8_999)).toBe(state({ k: 1 }));
  expect(stateNow(ledger, "u", t0 + 9_000)).toBeUndefined();
});

test("a state change of an absent user tells the true occupancy", () => {
  const ledger = open();
  ledger.touch(seatOf("v", ["a"]), t0);
  ledger.touch(seatOf("w", ["a"]), t0);
  expect(ledger.setState(stateOf("u", ["a"], { k: 1 }), t0).map(told)).toEqual([
    'state-change u@a 2 {"k":1}',
  ]);
  expect(ledger.channel(channel("a"), wholePage, t0)).toMatchObject({ occupancy: 2, revision: 3 });
});

test("clearing the state of an absent user is a change when there was some, and none otherwise", () => {
  const ledger = open();
  expect(ledger.setState(stateOf("u", ["a"], {}), t0)).toEqual([]);
  expect(ledger.counts().channels).toBe(0);
  ledger.setState(stateOf("u", ["a"], { k: 1 }), t0);
  expect(ledger.setState(stateOf("u", ["a"], {}), t0).map(told)).toEqual(["state-change u@a 0 -"]);
  expect(ledger.counts().absences).toBe(0);
});

test("state may be set during a debounce, and both are kept apart", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.leave(leaveOf("u", ["a"], { debounceMs: 2_000 }), t0);
  ledger.setState(stateOf("u", ["a"], { k: 1 }, 1_000), t0);
  expect(stateNow(ledger, "u", t0 + 999)).toBe(state({ k: 1 }));
  expect(stateNow(ledger, "u", t0 + 1_000)).toBeUndefined();
  const poll = seatOf("u", ["a"], { intent: "implied" });
  expect(ledger.touch(poll, t0 + 1_999).refusedUntil).toBe(t0 + 2_000);
  ledger.setState(stateOf("u", ["a"], { k: 2 }), t0 + 1_999);
  expect(ledger.touch(poll, t0 + 2_000).changes.map(told)).toEqual(['join u@a 1 {"k":2}']);
  expect(stateNow(ledger, "u", t0 + 2_000)).toBe(state({ k: 2 }));
});

test("a refused poll's state is not taken", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.leave(leaveOf("u", ["a"]), t0);
  const states = new Map([[channel("a"), state({ k: 1 })]]);
  expect(ledger.touch(seatOf("u", ["a"], { intent: "implied", states }), t0 + 1).changes).toEqual([]);
  expect(stateNow(ledger, "u", t0 + 1)).toBeUndefined();
});

test("a channel is remembered for as long as something is of its users", () => {
  const ledger = open();
  ledger.setState(stateOf("u", ["a"], { k: 1 }, 2 * emptyChannelRetentionMs), t0);
  expect(ledger.channel(channel("a"), wholePage, t0 + 2 * emptyChannelRetentionMs - 1).revision).toBe(1);
  expect(ledger.channel(channel("a"), wholePage, t0 + 2 * emptyChannelRetentionMs).revision).toBe(0);
});

test("past the limit the absent user who was first to be remembered gives way", () => {
  const ledger = open();
  for (let index = 0; index <= absencesPerKeysetMax; index++) {
    ledger.setState(stateOf(`u${index}`, ["a"], { k: 1 }), t0);
  }
  expect(ledger.counts()).toEqual({ seats: 0, users: 0, channels: 1, absences: absencesPerKeysetMax });
  expect(["u0", "u1"].map((name) => stateNow(ledger, name, t0))).toEqual([undefined, state({ k: 1 })]);
}, 60_000);

test("past the limit the channel that has been empty longest gives way", () => {
  const ledger = open();
  for (let from = 0; from <= emptyChannelsPerKeysetMax; from += 5_000) {
    const where = Array.from({ length: 5_000 }, (_, index) => `c${from + index}`);
    ledger.touch(seatOf("u", where), t0);
    ledger.leave(leaveOf("u", where, { debounceMs: 0 }), t0);
  }
  expect(ledger.counts()).toEqual({ seats: 0, users: 0, channels: emptyChannelsPerKeysetMax, absences: 0 });
  const revisions = ["c4999", "c5000"].map((name) => ledger.channel(channel(name), wholePage, t0).revision);
  expect(revisions).toEqual([0, 2]);
}, 60_000);
