/** Every checker finds what it is there to find, and nothing in a history that is right. */
import type { Change, IntervalNotice, LeaveRequest, SeatRequest } from "@hereabouts/core";
import type { Channel, State, UserId } from "@hereabouts/protocol";
import { describe, expect, test } from "vitest";
import { answers } from "./checkers/answers.ts";
import { bounds } from "./checkers/bounds.ts";
import { delivery } from "./checkers/delivery.ts";
import { falseGone } from "./checkers/false-gone.ts";
import { hereNow } from "./checkers/here-now.ts";
import { checkers } from "./checkers/index.ts";
import { intervals } from "./checkers/intervals.ts";
import { leaks } from "./checkers/leaks.ts";
import { leaves } from "./checkers/leaves.ts";
import { occupancy } from "./checkers/occupancy.ts";
import { rosters } from "./checkers/rosters.ts";
import { seatEnds } from "./checkers/seat-ends.ts";
import { timetokens } from "./checkers/timetokens.ts";
import type {
  Checker,
  Entry,
  Gauge,
  History,
  Picture,
  Quiet,
  RequestRecord,
  Served,
  SubscriberRecord,
  Terms,
  Told,
  Verb,
} from "./history.ts";
import { intervalText, presenceText } from "./recorder.ts";

const channel = "a" as Channel;
const timeoutSeconds = 5;
const sweepLateMs = 100;

/** Ann comes at 1000, renews at 4000 and falls silent; Bob comes at 2000 and leaves at 5000; Ann's seat ends at 9050. */
const changes: readonly (readonly [at: number, kind: Change["kind"], user: string, occupancy: number])[] = [
  [1_000, "join", "ann", 1],
  [2_000, "join", "bob", 2],
  [5_000, "leave", "bob", 1],
  [9_050, "timeout", "ann", 0],
];

function change(index: number, over: Partial<Change> = {}): Change {
  const [at, kind, user, count] = changes[index] ?? [0, "join", "nobody", 0];
  const whole = { kind, channel, user: user as UserId, state: undefined, occupancy: count, at };
  return { ...whole, revision: index + 1, epoch: "e", ...over };
}

function entry(index: number, over: Partial<Change> = {}, timetoken = String(1_000 + index)): Entry {
  const made = change(index, over);
  const { kind, user, occupancy: count, epoch, revision, at } = made;
  const what = presenceText({ action: kind, user, occupancy: count, epoch, revision });
  return { at, step: index + 1, timetoken, channel: "a-pnpres", what, change: made };
}

function seatRequest(user: string): SeatRequest {
  return {
    user: user as UserId,
    device: undefined,
    channels: [channel],
    timeoutSeconds,
    defaultTimeoutSeconds: 300,
    states: undefined,
    intent: "deliberate",
    asksForOwnJoins: false,
  };
}

const leaveRequest = (user: string): LeaveRequest => ({
  user: user as UserId,
  device: undefined,
  channels: [channel],
  debounceMs: 0,
});

function verb(at: number, over: Partial<Verb>): Verb {
  return { at, now: at, step: 1, node: "n1", changes: [], ...over };
}

const verbs: readonly Verb[] = [
  verb(1_000, { touch: seatRequest("ann"), changes: [change(0)] }),
  verb(2_000, { touch: seatRequest("bob"), changes: [change(1)] }),
  verb(4_000, { touch: seatRequest("ann") }),
  verb(5_000, { leave: leaveRequest("bob"), changes: [change(2)] }),
  verb(9_050, { changes: [change(3)] }),
];

const entries: readonly Entry[] = [entry(0), entry(1), entry(2), entry(3)];
const told: readonly Told[] = entries.map(({ timetoken, channel: on, what }) => ({
  timetoken,
  channel: on,
  what,
}));

const subscriber = (over: Partial<SubscriberRecord> = {}): SubscriberRecord => ({
  name: "poller",
  topics: ["a-pnpres"],
  from: "999",
  since: 500,
  to: undefined,
  got: [...told],
  ...over,
});

const picture = (who: string, users: readonly string[], over: Partial<Picture> = {}): Picture => ({
  who,
  channel: "a",
  users: new Map(users.map((user) => [user, "{}"])),
  occupancy: users.length,
  revision: "e/2",
  ...over,
});

/** At 3000 both are there. */
const quiet = (over: Partial<Quiet> = {}): Quiet => ({
  at: 3_000,
  step: 3,
  entries: 2,
  engine: [picture("the engine", ["ann", "bob"])],
  hereNow: [picture("n1", ["ann", "bob"])],
  rosters: [{ ...picture("sdk1", ["ann", "bob"]), isComplete: true }],
  told: new Map([["poller", "1001"]]),
  whereNow: new Map([["ann", ["a"]]]),
  ...over,
});

const emptyQuiet: Quiet = quiet({
  at: 20_000,
  step: 9,
  entries: 4,
  engine: [picture("the engine", [], { revision: "e/4" })],
  hereNow: [picture("n1", [], { revision: "e/4" })],
  rosters: [],
  told: new Map([["poller", "1003"]]),
  whereNow: new Map([["ann", []]]),
});

const asked = { kind: "heartbeat", user: "ann", device: undefined, channels: ["a"], timeoutMs: 5_000 };

const served = (over: Partial<Served> = {}): Served => ({
  ...asked,
  at: 3_990,
  sentAt: 3_980,
  step: 3,
  node: "n1",
  lagMs: 0,
  answeredAt: 4_010,
  status: 200,
  resetAt: undefined,
  closedAt: undefined,
  ...over,
});

const bobsLeave = served({ kind: "leave", user: "bob", sentAt: 4_980, at: 4_995, answeredAt: 5_010 });

const bobsPoll = (at: number, over: Partial<Served> = {}): Served =>
  served({
    kind: "poll",
    user: "bob",
    sentAt: at - 10,
    at,
    answeredAt: undefined,
    status: undefined,
    ...over,
  });

const request = (over: Partial<RequestRecord> = {}): RequestRecord => ({
  ...asked,
  at: 3_980,
  step: 3,
  client: "beat1",
  settledAt: 4_020,
  ...over,
});

const gauge = (over: Partial<Gauge> = {}): Gauge => ({
  at: 9_999,
  step: 9,
  heldPolls: 0,
  openPolls: 0,
  watches: 2,
  timers: 10,
  engineCalls: 1,
  isClosed: true,
  ...over,
});

const terms: Terms = {
  skewMs: 0,
  sweepLateMs,
  holdMs: 10_000,
  answerMs: 8_000,
  defaultTimeoutMs: 300_000,
  clients: 3,
  nodes: 2,
  graceMs: undefined,
  hearsOfCloses: true,
  summing: undefined,
};

const closing: Terms = { ...terms, graceMs: 1_000 };

/** Bob is given up at 4000 and ends by his grace at 5000. */
const graceVerbs: readonly Verb[] = [
  ...verbs.slice(0, 3),
  verb(4_000, { leave: { ...leaveRequest("bob"), graceMs: 1_000 } }),
  verb(5_000, { changes: [change(2)] }),
  ...verbs.slice(4),
];

/** A history in which all is right, but for what is put over it. */
function history(over: Partial<History> = {}): History {
  return {
    terms,
    entries,
    verbs,
    requests: [request()],
    served: [served(), bobsLeave],
    subscribers: [subscriber()],
    quiets: [quiet(), emptyQuiet],
    gauges: [gauge({ isClosed: false, heldPolls: 3, openPolls: 3 }), gauge()],
    unable: [],
    frozen: new Map(),
    complaints: [],
    end: { at: 20_000, step: 9 },
    ...over,
  };
}

const without = <Item>(items: readonly Item[], index: number): Item[] =>
  items.filter((_, at) => at !== index);
const replaced = <Item>(items: readonly Item[], index: number, item: Item): Item[] =>
  items.map((old, at) => (at === index ? item : old));

/** Large channels of one seat and more are summed up every 2000: all that Ann and Bob do, in four summaries and a last one. */
const summing: Terms = { ...terms, summing: { announceMax: 0, everyMs: 2_000 } };

const notices: readonly (readonly [at: number, since: number, revision: number, occupancy: number])[] = [
  [3_000, 0, 2, 2],
  [5_010, 2, 3, 1],
  [7_050, 3, 3, 1],
  [9_000, 3, 3, 1],
  [11_000, 3, 4, 0],
];

function summary(index: number, over: Partial<IntervalNotice> = {}): Entry {
  const [at, sinceRevision, revision, count] = notices[index] ?? [0, 0, 0, 0];
  const users = (kind: Change["kind"]): UserId[] =>
    changes.slice(sinceRevision, revision).flatMap(([, own, user]) => (own === kind ? [user as UserId] : []));
  const lists = { joined: users("join"), left: users("leave"), timedOut: users("timeout") };
  const here = new Map(lists.joined.map((user) => [user, undefined]));
  const about = { channel, at, sinceRevision, revision, occupancy: count, epoch: "e", hereNowRefresh: false };
  const interval: IntervalNotice = { ...about, ...lists, here, ...over };
  const what = intervalText(interval.occupancy);
  const timetoken = String(1_000 + index);
  return { at, step: 3, timetoken, channel: "a-pnpres", what, change: undefined, interval };
}

const summaries: readonly Entry[] = notices.map((_, index) => summary(index));

/** What was summed up, but for what is put over it. */
function summed(over: Partial<History> = {}): Partial<History> {
  const got = summaries.map(({ timetoken, channel: on, what }) => ({ timetoken, channel: on, what }));
  return {
    terms: summing,
    entries: summaries,
    subscribers: [subscriber({ got })],
    quiets: [
      quiet({ entries: 1, told: new Map([["poller", "1000"]]) }),
      { ...emptyQuiet, entries: 5, told: new Map([["poller", "1004"]]) },
    ],
    ...over,
  };
}

test("a history in which channels are summed up has no problem", () => {
  expect(checkers.flatMap((check) => check(history(summed())))).toEqual([]);
});

test("a history in which all is right has no problem", () => {
  expect(checkers.flatMap((check) => check(history()))).toEqual([]);
});

/** So many publications after the first entry, within a second. */
function many(count: number): Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    ...entry(0, {}, String(2_000 + index)),
    what: `another ${index}`,
  }));
}

type Broken = readonly [what: string, checker: Checker, over: Partial<History>, message: RegExp];

const broken: readonly Broken[] = [
  [
    "three summaries in the time of two",
    intervals,
    summed({ entries: replaced(summaries, 2, summary(2, { at: 5_000 })) }),
    /only 2000 ms before the next but one/,
  ],
  [
    "a summary after the last",
    intervals,
    summed({ entries: [...summaries, summary(4, { at: 13_000, sinceRevision: 4, timedOut: [] })] }),
    /was not the last, though nothing happened/,
  ],
  [
    "a last summary that does not come",
    intervals,
    summed({ entries: without(summaries, 4) }),
    /nothing came after it for 11000 ms, 8900 too many/,
  ],
  [
    "a summary that does not go on where the one before ended",
    intervals,
    summed({ entries: replaced(summaries, 1, summary(1, { sinceRevision: 1 })) }),
    /counts from 1, and the one before to 2/,
  ],
  [
    "a summary without one who joined",
    intervals,
    summed({ entries: replaced(summaries, 0, summary(0, { joined: ["ann" as UserId] })) }),
    /of join: missing \[bob\]/,
  ],
  [
    "a summary with one who did not leave",
    intervals,
    summed({ entries: replaced(summaries, 1, summary(1, { left: ["bob", "ann"] as UserId[] })) }),
    /of leave: missing \[\], too many \[ann\]/,
  ],
  [
    "a summary that says twice who timed out",
    intervals,
    summed({ entries: replaced(summaries, 4, summary(4, { timedOut: ["ann", "ann"] as UserId[] })) }),
    /1 twice/,
  ],
  [
    "a summary of changes that nobody made",
    intervals,
    summed({ verbs: verbs.slice(0, 4) }),
    /stands for 0 changes, and says 1/,
  ],
  [
    "a summary that does not say who of its lists is there",
    hereNow,
    summed({ entries: replaced(summaries, 0, summary(0, { here: new Map() })) }),
    /too many \[ann bob\]/,
  ],
  [
    "a timetoken that is given twice",
    timetokens,
    { entries: [entry(0), entry(1, {}, "1000")] },
    /after 1000/,
  ],
  [
    "a subscriber who is told of the past after the future",
    timetokens,
    { subscribers: [subscriber({ got: told.toReversed() })] },
    /poller has 1002 after 1003/,
  ],
  [
    "a join of a user who is there",
    occupancy,
    { entries: replaced(entries, 1, entry(1, { user: "ann" as UserId })) },
    /ann is there already/,
  ],
  [
    "a leave of a user who is not there",
    occupancy,
    { entries: replaced(entries, 2, entry(2, { user: "eve" as UserId })) },
    /eve is not there/,
  ],
  [
    "an occupancy that does not count",
    occupancy,
    { entries: replaced(entries, 1, entry(1, { occupancy: 3 })) },
    /says 3 and not 2/,
  ],
  ["a change that was never logged", occupancy, { entries: without(entries, 1) }, /follows on e\/1/],
  [
    "an engine that counts otherwise",
    occupancy,
    { quiets: [quiet({ engine: [picture("the engine", ["ann"])] })] },
    /a has 1/,
  ],
  [
    "a seat that ends early",
    seatEnds,
    { verbs: replaced(verbs, 4, verb(8_990, { changes: [change(3)] })) },
    /had until 9000/,
  ],
  [
    "a seat that ends late",
    seatEnds,
    { verbs: replaced(verbs, 4, verb(9_101, { changes: [change(3)] })) },
    /1 ms too late/,
  ],
  ["a seat that does not end", seatEnds, { verbs: without(verbs, 4) }, /should have ended at 9000/],
  [
    "a seat that outlives the leave of its only device",
    seatEnds,
    { verbs: replaced(verbs, 3, verb(5_000, { leave: leaveRequest("bob") })) },
    /bob in a should have ended/,
  ],
  [
    "a leave of a seat that nobody gave up",
    seatEnds,
    { verbs: replaced(verbs, 3, verb(5_000, { changes: [change(2)] })) },
    /bob in a left at 5000, and was not given up/,
  ],
  [
    "a timeout of a seat that was given up",
    seatEnds,
    { verbs: replaced(graceVerbs, 4, verb(5_000, { changes: [change(2, { kind: "timeout" })] })) },
    /bob in a timed out at 5000, and was given up/,
  ],
  [
    "a seat that ends before its grace is over",
    seatEnds,
    { verbs: replaced(graceVerbs, 4, verb(4_990, { changes: [change(2)] })) },
    /bob in a ended at 4990, and had until 5000/,
  ],
  [
    "a seat that outlives its grace",
    seatEnds,
    { verbs: replaced(graceVerbs, 4, verb(5_101, { changes: [change(2)] })) },
    /bob in a ended at 5101, 1 ms too late/,
  ],
  ["a leave that nobody asked for", leaves, { served: [served()] }, /leave bob .*nobody asked for it/],
  [
    "a leave for a closed poll, where closing is no leave",
    leaves,
    { served: [bobsPoll(3_000, { closedAt: 4_000 })] },
    /leave bob .*no poll was closed/,
  ],
  [
    "a leave for a poll that was closed after its answer",
    leaves,
    { terms: closing, served: [bobsPoll(3_000, { answeredAt: 3_900, closedAt: 4_000 })] },
    /leave bob .*no poll was closed/,
  ],
  [
    "a leave of a user who has another poll open",
    leaves,
    { terms: closing, served: [bobsPoll(3_000, { closedAt: 4_000 }), bobsPoll(3_900)] },
    /leave bob .*n1 held a poll that came at 3900/,
  ],
  [
    "a timeout of a user whose heartbeat was answered",
    falseGone,
    { served: [served({ sentAt: 4_100, answeredAt: 4_200 })] },
    /timeout ann/,
  ],
  [
    "an event that is not told",
    delivery,
    { subscribers: [subscriber({ got: without(told, 1) })] },
    /number 1:/,
  ],
  [
    "an event that is told twice",
    delivery,
    { subscribers: [subscriber({ got: [...told, ...told.slice(-1)] })] },
    /instead of nothing/,
  ],
  [
    "events that are told in another order",
    delivery,
    { subscribers: [subscriber({ got: told.toReversed() })] },
    /number 0:/,
  ],
  [
    "an event that is told otherwise",
    delivery,
    {
      subscribers: [
        subscriber({ got: replaced(told, 2, { timetoken: "1002", channel: "a-pnpres", what: "leave eve" }) }),
      ],
    },
    /leave eve/,
  ],
  [
    "the last event, which never comes",
    delivery,
    { subscribers: [subscriber({ got: told.slice(0, 3) })] },
    /nothing, instead of 1003/,
  ],
  [
    "a subscriber of a wildcard who misses one",
    delivery,
    {
      entries: entries.map((each) => ({ ...each, channel: "a.b-pnpres" })),
      subscribers: [subscriber({ topics: ["a.*", "a.*-pnpres"], got: [] })],
    },
    /number 0:/,
  ],
  [
    "a subscriber who was given a cursor from the future",
    delivery,
    { subscribers: [subscriber({ from: "1001", since: 1_500, got: told.slice(2) })] },
    /number 0:/,
  ],
  [
    "an event that is told too late",
    delivery,
    { quiets: [quiet({ told: new Map([["poller", "1000"]]) })] },
    /has still to be told of 1001/,
  ],
  [
    "here now without a user",
    hereNow,
    { quiets: [quiet({ hereNow: [picture("n1", ["ann"])] }), emptyQuiet] },
    /missing \[bob\]/,
  ],
  [
    "here now with a ghost",
    hereNow,
    { quiets: [quiet({ hereNow: [picture("n1", ["ann", "bob", "eve"])] }), emptyQuiet] },
    /too many \[eve\]/,
  ],
  [
    "here now with another state",
    hereNow,
    {
      quiets: [
        quiet({
          hereNow: [
            picture("n1", ["ann", "bob"], {
              users: new Map([
                ["ann", "{}"],
                ["bob", '{"mood":1}'],
              ]),
            }),
          ],
        }),
        emptyQuiet,
      ],
    },
    /bob has \{"mood":1\}/,
  ],
  [
    "here now that counts otherwise than it lists",
    hereNow,
    { quiets: [quiet({ hereNow: [picture("n1", ["ann", "bob"], { occupancy: 3 })] }), emptyQuiet] },
    /counts 3/,
  ],
  [
    "here now of an older revision",
    hereNow,
    { quiets: [quiet({ hereNow: [picture("n1", ["ann", "bob"], { revision: "e/1" })] }), emptyQuiet] },
    /e\/1, not e\/2/,
  ],
  [
    "where now that is wrong",
    hereNow,
    { quiets: [quiet({ whereNow: new Map([["ann", ["b"]]]) }), emptyQuiet] },
    /where now of ann/,
  ],
  [
    "a user who is left when all have gone",
    hereNow,
    { entries: without(entries, 3), quiets: [quiet(), { ...emptyQuiet, entries: 3 }] },
    /ann haunts a/,
  ],
  [
    "a roster without a user",
    rosters,
    { quiets: [quiet({ rosters: [{ ...picture("sdk1", ["ann"]), isComplete: true }] })] },
    /missing \[bob\]/,
  ],
  [
    "a roster that does not become whole",
    rosters,
    { quiets: [quiet({ rosters: [{ ...picture("sdk1", ["ann", "bob"]), isComplete: false }] })] },
    /is not whole/,
  ],
  [
    "a roster that counts otherwise",
    rosters,
    {
      quiets: [
        quiet({ rosters: [{ ...picture("sdk1", ["ann", "bob"], { occupancy: 5 }), isComplete: true }] }),
      ],
    },
    /counts 5, not 2/,
  ],
  [
    "a client who waits for ever",
    answers,
    { requests: [request({ settledAt: undefined })] },
    /came to nothing/,
  ],
  [
    "a node that does not answer",
    answers,
    { served: [served({ answeredAt: undefined, status: undefined })] },
    /left a heartbeat/,
  ],
  [
    "a node that answers late",
    answers,
    { served: [served({ answeredAt: 12_000 })] },
    /8010 ms, and may 8000/,
  ],
  ["a node that answers with a defect", answers, { served: [served({ status: 500 })] }, /with 500/],
  [
    "a node that complains of itself",
    answers,
    { complaints: [{ at: 1, step: 1, text: "A command failed." }] },
    /A command failed/,
  ],
  ["a poll that is held for nobody", leaks, { gauges: [gauge({ heldPolls: 1 })] }, /1 polls are held/],
  ["a client who still waits", leaks, { gauges: [gauge({ openPolls: 1 })] }, /1 polls are waited for/],
  ["a watch that is left", leaks, { gauges: [gauge({ watches: 3 })] }, /3 watches are left/],
  ["calls that never end", leaks, { gauges: [gauge({ engineCalls: 5 })] }, /5 calls to the engine/],
  ["polls that grow without bound", bounds, { gauges: [gauge({ heldPolls: 25 })] }, /25 held polls/],
  [
    "more polls out than clients have",
    bounds,
    { gauges: [gauge({ openPolls: 7 })] },
    /7 polls that are waited for/,
  ],
  ["watches that grow without bound", bounds, { gauges: [gauge({ watches: 53 })] }, /53 watches/],
  ["calls that grow without bound", bounds, { gauges: [gauge({ engineCalls: 91 })] }, /91 calls/],
  ["timers that grow without bound", bounds, { gauges: [gauge({ timers: 181 })] }, /181 timers/],
];

describe("a checker finds", () => {
  test.each(broken)("%s", (_what, check, over, message) => {
    const problems = check(history(over));

    expect(problems.map((problem) => problem.message)).toContainEqual(expect.stringMatching(message));
  });

  test("a problem in every checker's own list above", () => {
    const covered = new Set(broken.map(([, check]) => check));

    expect(checkers.filter((check) => !covered.has(check))).toEqual([]);
  });
});

describe("a checker lets pass", () => {
  const passes: readonly (readonly [what: string, checker: Checker, over: Partial<History>])[] = [
    [
      "a seat that ends late because nobody could reach the engine",
      seatEnds,
      {
        verbs: replaced(verbs, 4, verb(12_100, { changes: [change(3)] })),
        unable: [{ from: 8_500, to: 12_050 }],
      },
    ],
    [
      "a timeout of a user who left by the device that had been answered",
      falseGone,
      {
        served: [served({ sentAt: 4_100, answeredAt: 4_200 })],
        verbs: [...verbs.slice(0, 3), verb(4_300, { leave: leaveRequest("ann") }), ...verbs.slice(3)],
        quiets: [],
        subscribers: [],
      },
    ],
    ["a seat that ends by its grace, as a leave", seatEnds, { verbs: graceVerbs }],
    [
      "a seat whose grace would have ended later than it itself, as a timeout",
      seatEnds,
      {
        verbs: [
          ...verbs.slice(0, 4),
          verb(8_500, { leave: { ...leaveRequest("ann"), graceMs: 1_000 } }),
          ...verbs.slice(4),
        ],
      },
    ],
    [
      "a leave of a user whose only poll was closed",
      leaves,
      { terms: closing, served: [bobsPoll(3_000, { closedAt: 4_000 })] },
    ],
    [
      "a leave for another poll's close that a node could not hear of",
      leaves,
      {
        terms: { ...closing, hearsOfCloses: false },
        served: [bobsPoll(3_000, { closedAt: 4_000 }), bobsPoll(3_900)],
      },
    ],
    [
      "an answer that took long on a node that stood still",
      answers,
      {
        served: [served({ sentAt: 900, at: 900, answeredAt: 12_000 })],
        frozen: new Map([["n1", [{ from: 950, to: 11_000 }]]]),
      },
    ],
    [
      "an event that the log let go before its subscriber could ask",
      delivery,
      {
        entries: [entries[0] ?? entry(0), ...many(101)],
        subscribers: [subscriber({ got: many(101).slice(1) })],
        quiets: [],
      },
    ],
    ["what a subscriber is told after it may stop", delivery, { subscribers: [subscriber({ to: "1002" })] }],
    [
      "an unanswered request on a node that went away",
      answers,
      { served: [served({ answeredAt: undefined, status: undefined, resetAt: 4_000 })] },
    ],
  ];

  test.each(passes)("%s", (_what, check, over) => {
    expect(check(history(over))).toEqual([]);
  });
});

test("a state that changes is folded into who is there", () => {
  const state = '{"mood":2}' as State;
  const changed: Entry = entry(2, { kind: "state-change", user: "ann" as UserId, occupancy: 2, state });
  const users = new Map([
    ["ann", state],
    ["bob", "{}"],
  ]);
  const over = {
    entries: [entry(0), entry(1), changed],
    quiets: [
      quiet({
        entries: 3,
        hereNow: [],
        engine: [picture("e", [], { users, occupancy: 2, revision: "e/3" })],
      }),
      emptyQuiet,
    ],
  };

  expect(hereNow(history(over)).filter(({ step }) => step === 3)).toEqual([]);
});
