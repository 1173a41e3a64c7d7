/** Taking, renewing, giving up and losing seats. */
import { expect, test } from "vitest";
import { Ledger } from "../src/ledger.ts";
import {
  devicesPerSeatMax,
  emptyChannelRetentionMs,
  ownJoinWindowMs,
  seatsPerUserMax,
} from "../src/limits.ts";
import type { Change } from "../src/ports.ts";
import {
  channel,
  channels,
  device,
  leaveOf,
  seatOf,
  state,
  stateOf,
  t0,
  user,
  wholePage,
} from "./support/build.ts";

const open = (): Ledger => new Ledger({ epoch: "life" });

/** A change without what names the channel's life. */
const told = ({ kind, channel, user, occupancy, at }: Change) =>
  `${kind} ${user}@${channel} ${occupancy} +${at - t0}`;

test("a user who is seen for the first time joins", () => {
  expect(open().touch(seatOf("u", ["a"]), t0)).toEqual({
    changes: [
      {
        kind: "join",
        channel: "a",
        user: "u",
        state: undefined,
        occupancy: 1,
        revision: 1,
        epoch: expect.stringMatching(/^life\./),
        at: t0,
      },
    ],
    recentJoins: ["a"],
    refusedUntil: undefined,
    channelsOverLimit: [],
  });
});

test("[S-004] a user who is seen again, by handshake or poll, joins once", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  expect(ledger.touch(seatOf("u", ["a"]), t0 + 10).changes).toEqual([]);
  for (const after of [20, 30, 40]) {
    expect(ledger.touch(seatOf("u", ["a"], { intent: "implied" }), t0 + after).changes).toEqual([]);
  }
});

test("[S-005] a user who adds a channel joins that one alone", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  const { changes } = ledger.touch(seatOf("u", ["a", "b"], { intent: "implied" }), t0 + 1_000);
  expect(changes.map(told)).toEqual(["join u@b 1 +1000"]);
});

test("changes come in the order of the request's channels", () => {
  const { changes } = open().touch(seatOf("u", ["c", "a", "b"]), t0);
  expect(changes.map((change) => change.channel)).toEqual(["c", "a", "b"]);
});

test("revisions count by one in each channel, and another channel is another epoch", () => {
  const ledger = open();
  const [a, b] = ledger.touch(seatOf("u", ["a", "b"]), t0).changes;
  const [a2] = ledger.touch(seatOf("v", ["a"]), t0).changes;
  expect([a?.revision, b?.revision, a2?.revision]).toEqual([1, 1, 2]);
  expect(a2?.epoch).toBe(a?.epoch);
  expect(b?.epoch).not.toBe(a?.epoch);
});

test("[S-010] a seat lasts a timeout from its last renewal, to the millisecond", () => {
  const ledger = open();
  for (let after = 0; after <= 5_000; after += 1_000) {
    ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0 + after);
  }
  expect(ledger.sweep(t0 + 6_999, 100)).toEqual([]);
  expect(ledger.sweep(t0 + 7_000, 100).map(told)).toEqual(["timeout u@a 0 +7000"]);
  expect(ledger.sweep(t0 + 60_000, 100)).toEqual([]);
});

test("[S-014] a user who comes back in time is not missed", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 3 }), t0);
  expect(ledger.touch(seatOf("u", ["a"]), t0 + 1_000).changes).toEqual([]);
  expect(ledger.sweep(t0 + 3_999, 100)).toEqual([]);
});

test("a timeout is dated to the deadline, however late it is found", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  expect(ledger.sweep(t0 + 9_000, 100).map(told)).toEqual(["timeout u@a 0 +2000"]);
});

test("a seat's timeout is the latest that was named; requests without one leave it alone", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 10 }), t0 + 1);
  ledger.touch(seatOf("u", ["a"]), t0 + 1_000);
  expect(ledger.sweep(t0 + 10_999, 100)).toEqual([]);
  expect(ledger.sweep(t0 + 11_000, 100).map(told)).toEqual(["timeout u@a 0 +11000"]);
});

test("a sweep ends seats in the order of their deadlines, a batch at a time, each once", () => {
  const ledger = open();
  for (const [index, name] of ["u", "v", "w"].entries()) {
    ledger.touch(seatOf(name, ["a"], { timeoutSeconds: 9 - index }), t0);
  }
  const at = t0 + 20_000;
  expect(ledger.sweep(at, 2).map(told)).toEqual(["timeout w@a 2 +7000", "timeout v@a 1 +8000"]);
  expect(ledger.sweep(at, 2).map(told)).toEqual(["timeout u@a 0 +9000"]);
  expect(ledger.sweep(at, 2)).toEqual([]);
});

test("seats that end in the same millisecond end in the order they were taken", () => {
  const ledger = open();
  for (const name of ["w", "u", "v"]) ledger.touch(seatOf(name, ["b", "a"], { timeoutSeconds: 5 }), t0);
  expect(ledger.sweep(t0 + 5_000, 9).map((change) => change.user + change.channel)).toEqual([
    "wb",
    "wa",
    "ub",
    "ua",
    "vb",
    "va",
  ]);
});

test("a user who comes back after the deadline, yet before the sweep, times out and joins", () => {
  const ledger = open();
  ledger.touch(
    seatOf("u", ["a"], { timeoutSeconds: 2, states: new Map([[channel("a"), state({ k: 1 })]]) }),
    t0,
  );
  const { changes } = ledger.touch(seatOf("u", ["a"], { intent: "implied" }), t0 + 2_050);
  expect(changes.map(told)).toEqual(["timeout u@a 0 +2000", "join u@a 1 +2050"]);
  expect(changes[0]?.state).toBe(state({ k: 1 }));
  expect(ledger.states(user("u"), channels("a"), t0 + 2_050)).toEqual([undefined]);
  expect(ledger.sweep(t0 + 2_100, 100)).toEqual([]);
});

test("a user who leaves after the deadline, yet before the sweep, has timed out", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  expect(ledger.leave(leaveOf("u", ["a"]), t0 + 2_050).map(told)).toEqual(["timeout u@a 0 +2000"]);
  expect(ledger.sweep(t0 + 2_100, 100)).toEqual([]);
});

test("a user whose state is set after the deadline has timed out and is absent", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  const changes = ledger.setState(stateOf("u", ["a"], { k: 1 }), t0 + 2_050);
  expect(changes.map(told)).toEqual(["timeout u@a 0 +2000", "state-change u@a 0 +2050"]);
  expect(ledger.user(user("u"), t0 + 2_050)).toEqual([]);
});

test("[S-007] a user who leaves is gone at once", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.touch(seatOf("v", ["a"]), t0);
  expect(ledger.leave(leaveOf("u", ["a"]), t0 + 5).map(told)).toEqual(["leave u@a 1 +5"]);
  const { occupancy, occupants } = ledger.channel(channel("a"), wholePage, t0 + 5);
  expect([occupancy, occupants?.map((occupant) => occupant.user)]).toEqual([1, ["v"]]);
});

test("[S-008] leaving a seat one does not have is no change", () => {
  const ledger = open();
  ledger.touch(seatOf("v", ["a"]), t0);
  expect(ledger.leave(leaveOf("u", ["a", "nowhere"]), t0)).toEqual([]);
  expect(ledger.counts()).toEqual({ seats: 1, users: 1, channels: 1, absences: 0 });
});

test("[S-060] two clients of one user, neither naming itself, are one seat", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  expect(ledger.touch(seatOf("u", ["a"]), t0 + 1).changes).toEqual([]);
  expect(ledger.channel(channel("a"), wholePage, t0 + 1).occupants).toEqual([
    { user: "u", state: undefined, since: t0, devices: 1 },
  ]);
});

test("[S-061] a leave by one of them takes the user out, and the other's heartbeat back in", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  expect(ledger.leave(leaveOf("u", ["a"]), t0 + 1).map(told)).toEqual(["leave u@a 0 +1"]);
  expect(ledger.touch(seatOf("u", ["a"]), t0 + 2).changes.map(told)).toEqual(["join u@a 1 +2"]);
});

test("a poll does not join again until the leave's debounce is over", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a", "b", "c"]), t0);
  ledger.leave(leaveOf("u", ["a"], { debounceMs: 1_000 }), t0);
  ledger.leave(leaveOf("u", ["b"], { debounceMs: 2_000 }), t0 + 100);
  const poll = seatOf("u", ["b", "a", "c"], { intent: "implied" });
  const refused = ledger.touch(poll, t0 + 500);
  expect([refused.changes, refused.refusedUntil, refused.recentJoins]).toEqual([[], t0 + 2_100, ["c"]]);
  const half = ledger.touch(poll, t0 + 1_000);
  expect([half.changes.map(told), half.refusedUntil]).toEqual([["join u@a 1 +1000"], t0 + 2_100]);
  const whole = ledger.touch(poll, t0 + 2_100);
  expect([whole.changes.map(told), whole.refusedUntil]).toEqual([["join u@b 1 +2100"], undefined]);
});

test("[S-018] [S-019] a heartbeat or handshake joins at once after a leave, and the debounce is over", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.leave(leaveOf("u", ["a"]), t0);
  expect(ledger.touch(seatOf("u", ["a"]), t0 + 500).changes.map(told)).toEqual(["join u@a 1 +500"]);
  expect(ledger.counts().absences).toBe(0);
});

test("a second leave's debounce lasts its own time, not the first one's", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.leave(leaveOf("u", ["a"]), t0);
  ledger.touch(seatOf("u", ["a"]), t0 + 500);
  ledger.leave(leaveOf("u", ["a"]), t0 + 1_000);
  const poll = seatOf("u", ["a"], { intent: "implied" });
  expect(ledger.touch(poll, t0 + 2_500).refusedUntil).toBe(t0 + 3_000);
  expect(ledger.touch(poll, t0 + 3_000).changes.map(told)).toEqual(["join u@a 1 +3000"]);
});

test("a debounce is for the user and channel of the leave alone", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.leave(leaveOf("u", ["a"]), t0);
  expect(ledger.touch(seatOf("u", ["b"], { intent: "implied" }), t0).changes).toHaveLength(1);
  expect(ledger.touch(seatOf("v", ["a"], { intent: "implied" }), t0).changes).toHaveLength(1);
});

test("a leave that ends no seat starts no debounce", () => {
  const ledger = open();
  ledger.leave(leaveOf("u", ["a"]), t0);
  expect(ledger.touch(seatOf("u", ["a"], { intent: "implied" }), t0).refusedUntil).toBeUndefined();
});

test("a user's own joins are recent for the length of the window", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"]), t0);
  ledger.touch(seatOf("u", ["b"]), t0 + 1);
  const at = t0 + ownJoinWindowMs;
  expect(ledger.touch(seatOf("u", ["a", "b", "c"]), at).recentJoins).toEqual(["a", "b", "c"]);
  expect(ledger.touch(seatOf("u", ["a", "b"]), at + 1).recentJoins).toEqual(["b"]);
});

test("a user gets no more seats than the limit, and is told which it did not get", () => {
  const ledger = open();
  const many = Array.from({ length: seatsPerUserMax }, (_, index) => `c${index}`);
  ledger.touch(seatOf("u", many), t0);
  const more = ledger.touch(seatOf("u", ["c0", "x", "y"]), t0);
  expect([more.changes, more.channelsOverLimit]).toEqual([[], ["x", "y"]]);
  ledger.leave(leaveOf("u", ["c7"]), t0);
  const room = ledger.touch(seatOf("u", ["x", "y"]), t0);
  expect([room.changes.map(told), room.channelsOverLimit]).toEqual([["join u@x 1 +0"], ["y"]]);
  ledger.leave(leaveOf("u", ["x"]), t0);
  expect(ledger.touch(seatOf("u", ["y", "x"]), t0).channelsOverLimit).toEqual(["x"]);
  expect(ledger.touch(seatOf("v", ["y"]), t0).channelsOverLimit).toEqual([]);
}, 60_000);

test("two devices of a user are one seat, which ends with the last of them", () => {
  const ledger = open();
  const phone = { device: device("phone") };
  const laptop = { device: device("laptop") };
  ledger.touch(seatOf("u", ["a"], phone), t0);
  expect(ledger.touch(seatOf("u", ["a"], laptop), t0).changes).toEqual([]);
  expect(ledger.channel(channel("a"), wholePage, t0).occupants?.[0]?.devices).toBe(2);
  expect(ledger.leave(leaveOf("u", ["a"], phone), t0 + 1)).toEqual([]);
  expect(ledger.channel(channel("a"), wholePage, t0 + 1).occupants?.[0]?.devices).toBe(1);
  expect(ledger.leave(leaveOf("u", ["a"], phone), t0 + 2)).toEqual([]);
  expect(ledger.leave(leaveOf("u", ["a"], laptop), t0 + 3).map(told)).toEqual(["leave u@a 0 +3"]);
});

test("a client that names no device leaves for itself, not for the devices", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { device: device("phone") }), t0);
  expect(ledger.leave(leaveOf("u", ["a"]), t0)).toEqual([]);
  ledger.touch(seatOf("u", ["a"]), t0);
  expect(ledger.leave(leaveOf("u", ["a"]), t0)).toEqual([]);
  expect(ledger.user(user("u"), t0)).toEqual(["a"]);
});

test("a device that falls silent goes without a word, and the seat with the last", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { device: device("phone"), timeoutSeconds: 5 }), t0);
  ledger.touch(seatOf("u", ["a"], { device: device("laptop"), timeoutSeconds: 9 }), t0);
  expect(ledger.sweep(t0 + 8_999, 9)).toEqual([]);
  expect(ledger.channel(channel("a"), wholePage, t0 + 8_999).occupants?.[0]?.devices).toBe(1);
  expect(ledger.sweep(t0 + 9_000, 9).map(told)).toEqual(["timeout u@a 0 +9000"]);
});

test("a leave by the last device that is still heard of ends the seat, silent ones or not", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { device: device("phone"), timeoutSeconds: 5 }), t0);
  ledger.touch(seatOf("u", ["a"], { device: device("laptop"), timeoutSeconds: 9 }), t0);
  const laptop = leaveOf("u", ["a"], { device: device("laptop") });
  expect(ledger.leave(laptop, t0 + 5_000).map(told)).toEqual(["leave u@a 0 +5000"]);
});

test("when the device with the latest lease leaves, the seat ends when the next one's lease does", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { device: device("phone"), timeoutSeconds: 5 }), t0);
  ledger.touch(seatOf("u", ["a"], { device: device("laptop"), timeoutSeconds: 900 }), t0);
  ledger.leave(leaveOf("u", ["a"], { device: device("laptop") }), t0 + 1);
  expect(ledger.sweep(t0 + 4_999, 9)).toEqual([]);
  expect(ledger.sweep(t0 + 5_000, 9).map(told)).toEqual(["timeout u@a 0 +5000"]);
});

test("a request for a shorter timeout takes effect at once", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 900 }), t0);
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0 + 1_000);
  expect(ledger.sweep(t0 + 2_999, 9)).toEqual([]);
  expect(ledger.sweep(t0 + 3_000, 9).map(told)).toEqual(["timeout u@a 0 +3000"]);
});

test("one device too many takes the place of the one that would go first", () => {
  const ledger = open();
  for (let index = 0; index < devicesPerSeatMax; index++) {
    const timeoutSeconds = index === 7 ? 10 : 100 + index;
    ledger.touch(seatOf("u", ["a"], { device: device(`d${index}`), timeoutSeconds }), t0);
  }
  ledger.touch(seatOf("u", ["a"], { device: device("new"), timeoutSeconds: 100 }), t0 + 1);
  expect(ledger.channel(channel("a"), wholePage, t0 + 1).occupants?.[0]?.devices).toBe(devicesPerSeatMax);
  for (let index = 0; index < devicesPerSeatMax; index++) {
    if (index !== 7) ledger.leave(leaveOf("u", ["a"], { device: device(`d${index}`) }), t0 + 2);
  }
  expect(ledger.channel(channel("a"), wholePage, t0 + 2).occupants?.[0]?.devices).toBe(1);
  const last = ledger.leave(leaveOf("u", ["a"], { device: device("new") }), t0 + 2);
  expect(last.map(told)).toEqual(["leave u@a 0 +2"]);
});

test("a clock that steps back ends nothing early and revives nothing", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0);
  ledger.touch(seatOf("v", ["a"], { timeoutSeconds: 2 }), t0 + 20);
  expect(ledger.channel(channel("a"), wholePage, t0 + 2_010).occupancy).toBe(1);
  expect(ledger.channel(channel("a"), wholePage, t0 + 1_990).occupancy).toBe(1);
  expect(ledger.sweep(t0 + 1_990, 9).map(told)).toEqual(["timeout u@a 1 +2000"]);
  expect(ledger.touch(seatOf("w", ["a"]), t0 + 1_990).changes.map(told)).toEqual(["join w@a 2 +2010"]);
});

test("a fraction of a millisecond counts for nothing", () => {
  const ledger = open();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 2 }), t0 + 0.9);
  expect(ledger.sweep(t0 + 1_999.9, 9)).toEqual([]);
  expect(ledger.sweep(t0 + 2_000.5, 9).map(told)).toEqual(["timeout u@a 0 +2000"]);
});

test("what is due next is never later than the next deadline, and past when a seat waits for its end", () => {
  const ledger = open();
  expect(ledger.nextDue()).toBeUndefined();
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 300 }), t0);
  const due = ledger.nextDue() ?? 0;
  expect(due).toBeGreaterThan(t0 + 299_000);
  expect(due).toBeLessThanOrEqual(t0 + 300_000);
  ledger.user(user("u"), t0 + 300_001);
  expect(ledger.nextDue()).toBe(t0 + 300_000);
});

test("a channel's history is forgotten a while after everybody left, and its next life is another", () => {
  const ledger = open();
  const [join] = ledger.touch(seatOf("u", ["a"]), t0).changes;
  ledger.leave(leaveOf("u", ["a"]), t0 + 1_000);
  const last = t0 + 1_000 + emptyChannelRetentionMs - 1;
  const { epoch, revision } = ledger.channel(channel("a"), wholePage, last);
  expect([epoch, revision]).toEqual([join?.epoch, 2]);
  expect(ledger.channel(channel("a"), wholePage, last + 1)).toEqual({
    channel: "a",
    occupancy: 0,
    epoch: "",
    revision: 0,
    occupants: [],
  });
  const [again] = ledger.touch(seatOf("u", ["a"]), last + 1).changes;
  expect(again?.revision).toBe(1);
  expect(again?.epoch).not.toBe(join?.epoch);
});

test("a channel that is taken up again in time keeps its history", () => {
  const ledger = open();
  const [join] = ledger.touch(seatOf("u", ["a"]), t0).changes;
  ledger.leave(leaveOf("u", ["a"]), t0);
  ledger.touch(seatOf("u", ["a"], { timeoutSeconds: 3_600 }), t0 + 1_000);
  const [next] = ledger.touch(seatOf("v", ["a"]), t0 + 2 * emptyChannelRetentionMs).changes;
  expect([next?.epoch, next?.revision]).toEqual([join?.epoch, 4]);
});

test("when everybody has gone and the time is up, nothing is left", () => {
  const ledger = open();
  for (let index = 0; index < 300; index++) {
    const where = [`c${index % 7}`, `c${index % 11}x`];
    ledger.touch(
      seatOf(`u${index % 50}`, where, { device: index % 3 ? device(`d${index}`) : undefined }),
      t0 + index,
    );
    ledger.setState(stateOf(`w${index}`, where, { index }), t0 + index);
    ledger.leave(leaveOf(`u${index % 25}`, where), t0 + index);
  }
  ledger.sweep(t0 + 400_000, 1_000);
  expect(ledger.counts()).toMatchObject({ seats: 0, users: 0, absences: 0 });
  ledger.sweep(t0 + 400_000 + emptyChannelRetentionMs, 1_000);
  expect(ledger.counts()).toEqual({ seats: 0, users: 0, channels: 0, absences: 0 });
  expect(ledger.nextDue()).toBeUndefined();
});
