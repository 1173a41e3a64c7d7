/** The judge itself: it finds what it is there to find, and lets pass what is well. */
import type { CrowdReport, LifeStep, SeenEvent, Stage } from "@hereabouts/testkit/cluster";
import { describe, expect, it } from "vitest";
import { scenarios } from "./support/all.ts";
import { pageWithTable } from "./support/report.ts";
import { differenceOf, slackMs, Truth } from "./support/truth.ts";
import { faultsIn, judge, type Notes } from "./support/verdict.ts";

const timeoutSeconds = 10;
const graceSeconds = 3;
const start = 1_000_000;

function step(user: string, stage: Stage, at: number, more: Partial<LifeStep> = {}): LifeStep {
  return {
    user,
    channel: "hall",
    stage,
    at,
    renewedAt: start,
    sentAt: start,
    isUncertain: false,
    closedAt: undefined,
    ...more,
  };
}

/** A truth in which ann stays, bob leaves and cid falls silent, all at their time. */
function truthOfThree(): Truth {
  const truth = new Truth(timeoutSeconds, graceSeconds);
  for (const user of ["ann", "bob", "cid"]) {
    truth.learn(step(user, "coming", start));
    truth.learn(step(user, "seated", start + 10));
  }
  truth.learn(step("bob", "leaving", start + 1_000));
  truth.learn(step("bob", "left", start + 1_010));
  truth.learn(step("cid", "dead", start + 1_000));
  return truth;
}

function event(action: string, user: string, revision: number, more: Partial<SeenEvent> = {}): SeenEvent {
  const at = start + revision * 100;
  return {
    ...{ channel: "hall", action, user, occupancy: 1, revision, epoch: "e1", at, arrivedAt: at + 5 },
    timetoken: `1700000000000000${revision}`,
    ...more,
  };
}

const timeoutOfCid = event("timeout", "cid", 5, { at: start + 10_000, arrivedAt: start + 10_200 });
const allIsWell = [
  event("join", "ann", 1),
  event("join", "bob", 2),
  event("join", "cid", 3),
  event("leave", "bob", 4),
  timeoutOfCid,
];

function notesOf(events: readonly SeenEvent[], name = "watcher"): Notes {
  return { name, channels: ["hall"], events, disorder: [] };
}

const quiet: CrowdReport = {
  ...{ held: 0, polls: 0, heartbeats: 0, failures: {}, published: 0, owed: 0, delivered: 0, lost: 0 },
  doubled: 0,
  lossy: [],
};

function faultsOf(...notes: readonly Notes[]): readonly string[] {
  return faultsIn(judge(notes, truthOfThree()), quiet, { historyLoss: false });
}

describe("the judge", () => {
  it("finds nothing where everybody was told everything once", () => {
    const verdict = judge([notesOf(allIsWell), notesOf(allIsWell, "other")], truthOfThree());

    expect(faultsIn(verdict, quiet, { historyLoss: false })).toEqual([]);
    expect(verdict).toMatchObject({ events: 10, rejoins: 0, latestTimeoutMs: 200, newEpochs: [] });
  });

  it.each([
    ["an event that came twice", [...allIsWell, timeoutOfCid], /^told twice: .*timeout of cid/],
    ["a revision that nobody was told", allIsWell.toSpliced(1, 1), /^never told: nobody was told revision 2/],
    [
      "the end of a user who was there",
      [...allIsWell, event("timeout", "ann", 6)],
      /^false end: timeout of ann/,
    ],
    [
      "a timeout before its time",
      [...allIsWell.slice(0, 4), { ...timeoutOfCid, at: start + 9_000 }],
      /^false end: timeout of cid/,
    ],
    ["a join of a user who is there", [...allIsWell, event("join", "ann", 6)], /^false join: /],
    [
      "a silent user of whose end nobody was told",
      allIsWell.slice(0, 4),
      /^no event says: cid went \(dead\)/,
    ],
    [
      "a new epoch where nothing may be lost",
      [...allIsWell, event("join", "ann", 6, { epoch: "e2" })],
      /^history lost: hall: e1, then e2/,
    ],
  ])("finds %s", (_, events, wanted) => {
    expect(faultsOf(notesOf(events))).toContainEqual(expect.stringMatching(wanted));
  });

  it("lets a user leave whose stream was closed, a grace later and not before", () => {
    const truth = truthOfThree();
    truth.learn(step("cid", "dead", start + 1_000, { closedAt: start + 1_000 }));
    const endAt = (at: number): readonly string[] => {
      const leave = event("leave", "cid", 5, { at, arrivedAt: at });
      return faultsIn(judge([notesOf([...allIsWell.slice(0, 4), leave])], truth), quiet, {
        historyLoss: false,
      });
    };

    expect(endAt(start + 4_000)).toEqual([]);
    expect(endAt(start + 3_900)).toEqual([
      expect.stringMatching(/^false end: leave of cid .*95 ms too early/),
    ]);
  });

  it("finds what one watcher was told and another was not", () => {
    const faults = faultsOf(notesOf(allIsWell), notesOf(allIsWell.toSpliced(2, 1), "other"));

    expect(faults).toEqual([expect.stringMatching(/^never told: other was not told: join of cid/)]);
  });

  it("lets users join once more where Redis forgot, and wants lost messages marked by a new epoch", () => {
    const again = [event("join", "ann", 7, { epoch: "e2" })];
    const verdict = judge([notesOf([...allIsWell, ...again])], truthOfThree());
    const lossy = { ...quiet, lost: 2, lossy: ["hall", "attic"] };

    expect(verdict.rejoins).toBe(1);
    expect(faultsIn(verdict, lossy, { historyLoss: true })).toEqual([
      "messages lost without a new epoch: attic",
    ]);
  });

  it("takes lost and doubled messages for faults", () => {
    const verdict = judge([notesOf(allIsWell)], truthOfThree());

    expect(faultsIn(verdict, { ...quiet, lost: 2, doubled: 1 }, { historyLoss: false })).toEqual([
      "1 messages were delivered twice",
      "2 messages were lost",
    ]);
  });
});

describe("the truth", () => {
  const boundOfCid = start + 1_000 + timeoutSeconds * 1_000 + slackMs;

  it("wants those seen who are there, and nobody who has been gone for too long", () => {
    const truth = truthOfThree();

    const { must, mustNot } = truth.expected(boundOfCid + 1, 0);

    expect([...must]).toEqual(["hall ann"]);
    expect([...mustNot]).toEqual(["hall bob", "hall cid"]);
    expect(truth.lastBound()).toBe(boundOfCid);
  });

  it("lets a silent user be shown until its timeout is over", () => {
    expect([...truthOfThree().expected(boundOfCid - 1, 0).mustNot]).toEqual(["hall bob"]);
  });

  it("moves bounds by an outage for everybody, or for requests that lay about", () => {
    const truth = truthOfThree();
    const outage = { from: start + 500, to: start + 5_500 };

    truth.allowFor({ ...outage, extends: "everybody" });
    const ofEverybody = truth.lastBound();
    truth.allowFor({ ...outage, extends: "uncertain" });
    const ofTheCertain = truth.lastBound();
    truth.learn(step("cid", "dead", start + 1_000, { isUncertain: true }));

    expect([ofEverybody, ofTheCertain, truth.lastBound()]).toEqual([
      boundOfCid + 5_000,
      boundOfCid,
      start + 5_500 + timeoutSeconds * 1_000 + slackMs,
    ]);
  });

  it("finds the missing and the ghosts of a picture, but not who came or went meanwhile", () => {
    const before = { must: new Set(["ann", "dan"]), mustNot: new Set(["cid", "eve"]) };
    const after = { must: new Set(["ann"]), mustNot: new Set(["cid"]) };

    expect(differenceOf(new Set(["cid", "eve"]), before, after)).toEqual({
      missing: ["ann"],
      ghosts: ["cid"],
    });
  });
});

describe("docs/reliability.md", () => {
  it("shows what is kept of the runs; `npm run e2e:cluster -- --table` makes it anew", () => {
    const { is, shouldBe } = pageWithTable(scenarios);

    expect(is).toBe(shouldBe);
  });
});
