/** Dumps: complete, in bounded pieces, checked. That restoring one cannot be noticed is proved by the property test. */
import { expect, test } from "vitest";
import type { LedgerRecord } from "../src/ledger/snapshot.ts";
import { ledgerRecordProblem } from "../src/ledger/snapshot-check.ts";
import { Ledger } from "../src/ledger.ts";
import { absencesPerKeysetMax } from "../src/limits.ts";
import { channel, device, leaveOf, seatOf, stateOf, t0, user, wholePage } from "./support/build.ts";

function throughJson(ledger: Ledger): LedgerRecord[] {
  return [...ledger.dump()].map((record) => {
    const parsed: unknown = JSON.parse(JSON.stringify(record));
    const problem = ledgerRecordProblem(parsed);
    if (problem !== undefined) throw new Error(`${problem}: ${JSON.stringify(record)}`);
    return parsed as LedgerRecord;
  });
}

function busyLedger(): Ledger {
  const ledger = new Ledger({ epoch: "one" });
  ledger.touch(seatOf("u", ["a", "b"], { timeoutSeconds: 2 }), t0);
  ledger.touch(seatOf("v", ["a"], { device: device("phone") }), t0 + 1);
  ledger.touch(seatOf("v", ["a"], { device: device("laptop") }), t0 + 2);
  ledger.setState(stateOf("v", ["a", "c"], { k: 1 }), t0 + 3);
  ledger.touch(seatOf("w", ["b"]), t0 + 4);
  ledger.leave(leaveOf("w", ["b"]), t0 + 5);
  ledger.touch(seatOf("x", ["d"], { device: device("phone"), timeoutSeconds: 3_600 }), t0 + 6);
  ledger.leave(leaveOf("x", ["d"], { device: device("phone"), graceMs: 3_000_000 }), t0 + 7);
  ledger.user(user("u"), t0 + 2_500);
  return ledger;
}

test("a restored ledger is dumped as the first was", () => {
  const records = throughJson(busyLedger());
  expect(throughJson(Ledger.restore(records, { epoch: "one" }))).toEqual(records);
});

test("seats that came due before the dump time out after it", () => {
  const ledger = Ledger.restore(throughJson(busyLedger()), { epoch: "two" });
  expect(ledger.sweep(t0 + 9_000, 9).map(({ kind, user, channel, at }) => [kind, user, channel, at])).toEqual(
    [
      ["timeout", "u", "a", t0 + 2_000],
      ["timeout", "u", "b", t0 + 2_000],
    ],
  );
});

test("channels keep their epochs over a restart, and new ones are named after the new life", () => {
  const before = busyLedger();
  const { epoch } = before.channel(channel("a"), wholePage, t0 + 2_500);
  const ledger = Ledger.restore(throughJson(before), { epoch: "two" });
  const [known, fresh] = ledger.touch(seatOf("x", ["a", "new"]), t0 + 3_000).changes;
  expect(epoch.startsWith("one.")).toBe(true);
  expect(known?.epoch).toBe(epoch);
  expect(fresh?.epoch.startsWith("two.")).toBe(true);
});

test("a new life with an old life's name still gives new channels epochs of their own", () => {
  const before = busyLedger();
  const epochs = throughJson(before).map((record) => (record.kind === "channel" ? record.epoch : ""));
  const ledger = Ledger.restore(throughJson(before), { epoch: "one" });
  const [fresh] = ledger.touch(seatOf("x", ["new"]), t0 + 3_000).changes;
  expect(epochs).not.toContain(fresh?.epoch);
});

test("every instant can be moved, for a clock that went back", () => {
  const ledger = Ledger.restore(throughJson(busyLedger()), { epoch: "two", shiftMs: -3_600_000 });
  const now = t0 + 2_500 - 3_600_000;
  expect(ledger.channel(channel("a"), wholePage, now).occupants).toEqual([
    { user: "v", state: '{"k":1}', since: t0 + 1 - 3_600_000, devices: 2 },
  ]);
  expect(ledger.sweep(now, 9).map((change) => change.at)).toEqual([t0 - 3_598_000, t0 - 3_598_000]);
  expect(ledger.sweep(t0 + 300_001 - 3_600_000, 9)).toEqual([]);
  expect(ledger.sweep(t0 + 300_002 - 3_600_000, 9).map((change) => change.user)).toEqual(["v"]);
});

test("a large channel is dumped in parts of bounded size", () => {
  const ledger = new Ledger({ epoch: "one" });
  for (let index = 0; index < 2_000; index++) {
    ledger.touch(seatOf(`user-${index}`, ["a"], { device: device(`device-${index}`) }), t0);
    ledger.setState(
      stateOf(`user-${index}`, ["a"], { text: "x".repeat(index % 100 === 0 ? 32_000 : 10) }),
      t0,
    );
    ledger.setState(stateOf(`absent-${index}`, ["a"], { text: "y".repeat(500) }), t0);
  }
  const records = throughJson(ledger);
  expect(Math.max(...records.map((record) => JSON.stringify(record).length))).toBeLessThan(200_000);
  expect(records.length).toBeGreaterThan(10);
  const restored = Ledger.restore(records, { epoch: "one" });
  expect(restored.counts()).toEqual(ledger.counts());
  const page = { ...wholePage, limit: 5_000 };
  expect(restored.channel(channel("a"), page, t0)).toEqual(ledger.channel(channel("a"), page, t0));
});

test("after a restart, too, the absent user who was first to be remembered gives way", () => {
  const before = new Ledger({ epoch: "one" });
  before.setState(stateOf("late", ["a"], { k: 1 }), t0);
  before.setState(stateOf("first", ["b"], { k: 1 }), t0);
  before.setState(stateOf("late", ["a"], {}), t0);
  for (let index = 0; index < absencesPerKeysetMax - 2; index++) {
    before.setState(stateOf(`u${index}`, ["a"], { k: 1 }), t0);
  }
  before.setState(stateOf("late", ["a"], { k: 1 }), t0);
  const ledger = Ledger.restore(before.dump(), { epoch: "two" });
  ledger.setState(stateOf("more", ["a"], { k: 1 }), t0);
  expect(ledger.counts().absences).toBe(absencesPerKeysetMax);
  expect(ledger.states(user("first"), [channel("b")], t0)).toEqual([undefined]);
  expect(ledger.states(user("u0"), [channel("a")], t0)).toEqual(['{"k":1}']);
}, 60_000);

test("an empty ledger is one record", () => {
  const records = throughJson(new Ledger({ epoch: "one" }));
  expect(records).toEqual([{ kind: "ledger", now: 0, startsAt: 0, order: 0 }]);
  expect(Ledger.restore(records, { epoch: "one" }).counts().seats).toBe(0);
});

test("what is not a record is not taken for one", () => {
  const records: unknown[] = throughJson(busyLedger());
  const damaged = records.flatMap((record) => damages(record));
  expect(damaged.length).toBeGreaterThan(50);
  expect(damaged.filter((record) => ledgerRecordProblem(record) === undefined)).toEqual([]);
  expect([null, [], {}, { kind: "x" }].map((value) => ledgerRecordProblem(value))).toEqual([
    "a ledger record is null",
    "a ledger record is []",
    "a ledger record is of the unknown kind missing",
    'a ledger record is of the unknown kind "x"',
  ]);
});

test("what is wrong with a record is named, its value shortened", () => {
  const absence = { user: "u", order: 1, stateEndsAt: 0.5, debounceEndsAt: 0 };
  const seat = { user: "u", order: 1, since: 0, timeoutMs: 1, leases: [] as unknown[] };
  const problemOf = (parts: object) =>
    ledgerRecordProblem({
      ...{ kind: "channel", channel: "a", epoch: "e", revision: 1, order: 1, forgetAt: 0 },
      ...{ seats: [], absences: [], ...parts },
    });
  expect([
    problemOf({}),
    problemOf({ absences: [absence] }),
    problemOf({ seats: [seat] }),
    problemOf({ seats: [{ ...seat, leases: [[7, 1]] }] }),
    problemOf({ seats: [{ ...seat, leases: [[null, 1]], timeoutMs: 0 }] }),
    problemOf({ seats: [{ ...seat, order: -1 }] }),
    problemOf({ epoch: "" }),
    problemOf({ seats: { text: "x".repeat(100) } }),
    ledgerRecordProblem({ kind: "ledger", now: 1, startsAt: 2, order: 0 }),
  ]).toEqual([
    undefined,
    "stateEndsAt is 0.5, not an instant",
    "a seat has no lease",
    "a lease is [7,1]",
    "timeoutMs is 0",
    "order is -1, not a count",
    'epoch is "", not a name',
    `seats is {"text":"${"x".repeat(48)}..., not a list`,
    "a ledger starts later than it was dumped",
  ]);
});

test("a ledger whose clock went back is dumped and restored once more", () => {
  const back = Ledger.restore(throughJson(busyLedger()), { epoch: "two", shiftMs: -t0 - 10 });
  const records = throughJson(back);
  expect(JSON.stringify(records)).toMatch(/EndsAt":-/);
  expect(throughJson(Ledger.restore(records, { epoch: "three" }))).toEqual(records);
});

/** Copies of a value, each with one of its required parts made a boolean. */
function damages(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => damages(item).map((damage) => value.with(index, damage)));
  }
  if (typeof value !== "object" || value === null) return [true];
  return Object.entries(value).flatMap(([key, part]) => [
    { ...value, [key]: true },
    ...(typeof part === "object" ? damages(part).map((damage) => ({ ...value, [key]: damage })) : []),
  ]);
}

test("records that do not fit together are refused", () => {
  const [head, ...rest] = throughJson(busyLedger());
  if (head === undefined) throw new Error("no head");
  const restore = (records: LedgerRecord[]) => () => Ledger.restore(records, { epoch: "two" });
  expect(restore([])).toThrow("a dump begins with the ledger's own record");
  expect(restore(rest)).toThrow("a dump begins with the ledger's own record");
  expect(restore([head, head])).toThrow("a dump has one record of the ledger's own");
  expect(restore([head, ...rest, ...rest])).toThrow("a user has one seat in a channel");
  expect(restore([{ ...head, order: 1 } as LedgerRecord, ...rest])).toThrow("later than the last drawn");
});
