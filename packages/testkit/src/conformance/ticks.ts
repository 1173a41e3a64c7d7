/** Rules of large channels, which are summed up instead of told change by change (semantics §§ 8, 9). */
import type { IntervalNotice, LogEntry, Summing } from "@hereabouts/core";
import type { Channel } from "@hereabouts/protocol";
import { describe, expect, test } from "vitest";
import { Bench, keysetNamed, type OpenEngine, told } from "./bench.ts";

/** Settings that a test may change as it goes. */
interface Rule {
  current: Summing | undefined;
}

const usual: Summing = { announceMax: 2, everyMs: 10_000 };

/** Summaries of channels. */
export function describeTicks(open: OpenEngine): void {
  describe("summing a channel up", () => describeCourse(open));
  describe("what a summary tells", () => describeLists(open));
  describe("how much a summary tells", () => describeBounds(open));
  describe("settings of summaries", () => describeSettings(open));
  describe("summaries of several channels", () => describeSeveral(open));
}

/** What is left of summaries when an engine is closed and opened again. */
export function describeTicksOverRestarts(open: OpenEngine): void {
  test("what was collected is told before or after a restart, and the channel goes on being summed up", async () => {
    const { bench } = await governed(open);
    const position = await bench.position("a-pnpres");
    await fill(bench, "a", "u v w x");
    await bench.close();
    bench.advance(1_000);
    await bench.reopen();
    await bench.touch("y", "a");
    bench.advance(10_000);
    await bench.fire();
    const notices = (await bench.readPage("a-pnpres", position)).entries.flatMap(intervalOf);
    expect(notices.flatMap(({ joined = [] }) => joined)).toEqual(["w", "x", "y"]);
    bench.advance(10_000);
    expect((await bench.fire()).map(({ occupancy }) => occupancy)).toEqual([5]);
  });
}

function describeCourse(open: OpenEngine): void {
  test("a channel that no change leaves with more than announceMax seats is not summed up [S-050]", async () => {
    const { bench } = await governed(open);
    const position = await bench.position("a-pnpres");
    await fill(bench, "a", "u v");
    bench.advance(60_000);
    expect(await bench.fire()).toEqual([]);
    expect(await bench.read("a-pnpres", position)).toEqual(["join u in a (1)", "join v in a (2)"]);
  });

  test("the change that leaves more is not in the log, and the first summary comes an interval later [S-050]", async () => {
    const { bench } = await governed(open);
    const position = await bench.position("a-pnpres");
    await fill(bench, "a", "u v");
    bench.advance(5_000);
    expect(await bench.touch("w", "a")).toEqual(["join w in a (3)"]);
    bench.advance(9_999);
    expect(await bench.fire()).toEqual([]);
    bench.advance(1);
    const { epoch } = await bench.view("a");
    const summary = {
      ...{ channel: "a", occupancy: 3, epoch, revision: 3, at: bench.now, joined: ["w"], left: [] },
      ...{ timedOut: [], hereNowRefresh: false, sinceRevision: 2, here: new Map([["w", undefined]]) },
    };
    expect(await bench.fire()).toEqual([summary]);
    const { entries } = await bench.readPage("a-pnpres", position);
    expect(entries.map(withoutTimetoken)).toEqual([
      ...entries.filter(({ kind }) => kind === "change").map(withoutTimetoken),
      { kind: "interval", interval: summary },
    ]);
    expect(entries.filter(({ kind }) => kind === "change").length).toBe(2);
  });

  test("a large channel at rest is told every interval, and nothing between", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    bench.advance(10_000);
    await bench.fire();
    const seen: string[] = [];
    for (let second = 1; second <= 30; second++) {
      bench.advance(1_000);
      seen.push(...(await bench.fire()).map((notice) => `${second}: ${inWords(notice)}`));
    }
    expect(seen).toEqual(["10: a (3) of 3", "20: a (3) of 3", "30: a (3) of 3"]);
  });

  test("who comes late fires one summary, and the next is due by the channel's own clock", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    bench.advance(25_000);
    expect((await bench.fire()).length).toBe(1);
    bench.advance(4_999);
    expect(await bench.fire()).toEqual([]);
    bench.advance(1);
    expect((await bench.fire()).length).toBe(1);
  });

  test("two who fire at once tell a summary once", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    bench.advance(10_000);
    const position = await bench.position("a-pnpres");
    const both = await Promise.all([bench.fire(), bench.fire()]);
    expect(both.flat().map(inWords)).toEqual(["a (3) of 3: +w; w"]);
    expect(await bench.read("a-pnpres", position)).toEqual(["interval in a (3)"]);
  });

  test("when announceMax or fewer are left there is one more summary, and until it changes are marked [S-051]", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    const position = await bench.position("a-pnpres");
    expect(await bench.leave("v", "a")).toEqual(["leave v in a (2)"]);
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (2) of 4: +w -v; w"]);
    await bench.leave("u", "a");
    bench.advance(60_000);
    expect(await bench.fire()).toEqual([]);
    const { entries } = await bench.readPage("a-pnpres", position);
    expect(entries.map(marked)).toEqual(["(leave v in a (2))", "interval", "leave u in a (1)"]);
  });

  test("a channel that is left by all has its last summary, too", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    for (const user of ["u", "v", "w"]) await bench.leave(user, "a");
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (0) of 6: +w -w -u -v"]);
    bench.advance(10_000);
    expect(await bench.fire()).toEqual([]);
  });

  test("nobody's own join is looked for where it is not told", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v");
    const { changes, beforeOwnJoins } = await bench.touched("w", "a");
    expect([told(changes), beforeOwnJoins]).toEqual([["join w in a (3)"], undefined]);
    bench.advance(1_000);
    expect((await bench.touched("w", "a")).beforeOwnJoins).toBe(undefined);
  });

  test("without anybody who says when, everything is told one by one", async () => {
    const bench = await Bench.open(open);
    const position = await bench.position("a-pnpres");
    await fill(bench, "a", "u v w x");
    bench.advance(60_000);
    expect(await bench.fire()).toEqual([]);
    expect((await bench.read("a-pnpres", position)).length).toBe(4);
  });
}

function describeLists(open: OpenEngine): void {
  test("each user is in each list once, by its first time, and here with its state when it sits there [S-052]", async () => {
    const { bench } = await governed(open, { announceMax: 0, everyMs: 10_000 });
    await fill(bench, "a", "u v w");
    bench.advance(10_000);
    await bench.fire();
    await bench.touch("z", "a", { states: { a: '{"n":1}' } });
    await bench.leave("v", "a", { debounceMs: 0 });
    await bench.touch("y", "a", { timeoutSeconds: 2 });
    await bench.touch("v", "a");
    await bench.leave("u", "a");
    await bench.leave("v", "a", { debounceMs: 0 });
    await bench.touch("v", "a", { states: { a: '{"n":2}' } });
    bench.advance(2_000);
    expect(await bench.sweep()).toEqual(["timeout y in a (3)"]);
    bench.advance(8_000);
    const [notice] = await bench.fire();
    expect(listsOf(notice)).toEqual({
      joined: ["z", "v", "y"],
      left: ["v", "u"],
      timedOut: ["y"],
      here: [
        ["z", '{"n":1}'],
        ["v", '{"n":2}'],
      ],
      hereNowRefresh: false,
    });
    expect(notice?.sinceRevision).toBe(3);
    expect(notice?.revision).toBe((await bench.view("a")).revision);
  });

  test("who joined and left again is in both lists, and not here [S-052]", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w x");
    await bench.leave("x", "a");
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (3) of 5: +w +x -x; w"]);
  });

  test("[S-055] state changes are in the log, marked; here has the newest state of who came, and nobody else", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    const position = await bench.position("a-pnpres");
    await bench.setState("w", "a", '{"n":1}');
    await bench.setState("u", "a", '{"n":2}');
    bench.advance(10_000);
    const [notice] = await bench.fire();
    expect(notice?.here).toEqual(new Map([["w", '{"n":1}']]));
    expect((await bench.readPage("a-pnpres", position)).entries.map(marked)).toEqual([
      '(state-change w in a (3) {"n":1})',
      '(state-change u in a (3) {"n":2})',
      "interval",
    ]);
  });

  test("the state that a user cleared is not told any more", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v");
    await bench.touch("w", "a", { states: { a: '{"n":1}' } });
    await bench.setState("w", "a", "{}");
    bench.advance(10_000);
    expect((await bench.fire())[0]?.here).toEqual(new Map([["w", undefined]]));
  });

  test("names of every kind are told as they are", async () => {
    const { bench } = await governed(open, { announceMax: 0, everyMs: 1_000 });
    const users = ["a/b", 'q"\\', "ü€😀", "d\u007f", "t\tn"];
    for (const user of users) await bench.touch(user, "a");
    bench.advance(1_000);
    expect((await bench.fire())[0]?.joined).toEqual(users);
  });
}

function describeBounds(open: OpenEngine): void {
  /** 100 bytes of JSON with its comma, whatever is in it. */
  const named = (number: number): string => `/😀${`${number}`.padStart(92, "x")}`;

  test("names of up to 30,000 bytes are told, and more are not: here now is to be read [S-053]", async () => {
    const { bench } = await governed(open, { announceMax: 0, everyMs: 10_000 });
    for (let number = 0; number < 300; number++) await bench.touch(named(number), "a");
    bench.advance(10_000);
    const [whole] = await bench.fire();
    expect([whole?.joined?.length, whole?.hereNowRefresh]).toEqual([300, false]);
    for (let number = 0; number < 300; number++) await bench.leave(named(number), "a");
    await bench.touch("u", "a");
    bench.advance(10_000);
    const { epoch } = await bench.view("a");
    const head = { channel: "a", occupancy: 1, epoch, revision: 601, at: bench.now };
    expect(await bench.fire()).toEqual([{ ...head, hereNowRefresh: true }]);
    await bench.touch("v", "a");
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (2) of 602: +v; v"]);
  });

  test("states of more than 30,000 characters are not told: the lists are, without here", async () => {
    const { bench } = await governed(open, { announceMax: 0, everyMs: 10_000 });
    const long = JSON.stringify({ x: "é".repeat(9_992) });
    for (const user of ["u", "v", "w"]) await bench.touch(user, "a", { states: { a: long } });
    bench.advance(10_000);
    const [whole] = await bench.fire();
    expect(whole?.here?.size).toBe(3);
    for (const user of ["x", "y", "z"]) await bench.touch(user, "a", { states: { a: long } });
    await bench.touch("t", "a", { states: { a: '{"x":1}' } });
    bench.advance(10_000);
    const [notice] = await bench.fire();
    expect(notice).toEqual({
      ...{ channel: "a", occupancy: 7, epoch: notice?.epoch, revision: notice?.revision, at: bench.now },
      ...{ joined: ["x", "y", "z", "t"], left: [], timedOut: [], hereNowRefresh: false },
    });
  });
}

function describeSettings(open: OpenEngine): void {
  test("another interval is in force with the next change, counted from the summary before", async () => {
    const { bench, rule } = await governed(open, { announceMax: 2, everyMs: 60_000 });
    await fill(bench, "a", "u v w");
    bench.advance(5_000);
    rule.current = usual;
    await bench.touch("x", "a");
    bench.advance(4_999);
    expect(await bench.fire()).toEqual([]);
    bench.advance(1);
    expect((await bench.fire()).map(inWords)).toEqual(["a (4) of 4: +w +x; w x"]);
    bench.advance(10_000);
    expect((await bench.fire()).length).toBe(1);
  });

  test("what is due stays due when the interval becomes longer", async () => {
    const { bench, rule } = await governed(open);
    await fill(bench, "a", "u v w");
    bench.advance(10_000);
    rule.current = { announceMax: 2, everyMs: 60_000 };
    await bench.touch("x", "a");
    expect((await bench.fire()).length).toBe(1);
    bench.advance(59_999);
    expect(await bench.fire()).toEqual([]);
    bench.advance(1);
    expect((await bench.fire()).length).toBe(1);
  });

  test.each([
    ["with a larger announceMax", { announceMax: 3, everyMs: 10_000 }],
    ["without presence", undefined],
  ])("a channel %s has its last summary", async (_, next) => {
    const { bench, rule } = await governed(open);
    await fill(bench, "a", "u v w");
    rule.current = next;
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (3) of 3: +w; w"]);
    bench.advance(60_000);
    expect(await bench.fire()).toEqual([]);
  });

  test("a smaller announceMax is in force with the next change", async () => {
    const { bench, rule } = await governed(open);
    await fill(bench, "a", "u v");
    rule.current = { announceMax: 0, everyMs: 10_000 };
    bench.advance(60_000);
    expect(await bench.fire()).toEqual([]);
    await bench.leave("u", "a");
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (1) of 3: -u"]);
  });
}

function describeSeveral(open: OpenEngine): void {
  test("each channel has its own clock and its own lists", async () => {
    const { bench } = await governed(open);
    await fill(bench, "a", "u v w");
    bench.advance(4_000);
    await fill(bench, "b", "u v x");
    bench.advance(6_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (3) of 3: +w; w"]);
    bench.advance(4_000);
    expect((await bench.fire()).map(inWords)).toEqual(["b (3) of 3: +x; x"]);
  });

  test("at most so many as asked for are told at once, the earliest first, and the others by the next call", async () => {
    const { bench } = await governed(open, { announceMax: 0, everyMs: 10_000 });
    const channels = ["c", "a", "e", "b", "d"];
    for (const channel of channels) {
      await bench.touch("u", channel);
      bench.advance(10);
    }
    bench.advance(10_000);
    const told: string[][] = [];
    for (let call = 0; call < 4; call++) told.push((await bench.fire(2)).map(({ channel }) => channel));
    expect(told).toEqual([["c", "a"], ["e", "b"], ["d"], []]);
  });

  test("a keyset that goes takes its summaries along", async () => {
    const { bench } = await governed(open);
    const [one, other] = [keysetNamed("one"), keysetNamed("other")];
    await bench.engine.keysets.replace([one, other]);
    bench.keyset = one.subscribeKey;
    await fill(bench, "a", "u v w");
    await bench.engine.keysets.replace([other]);
    await bench.engine.keysets.replace([one, other]);
    bench.advance(60_000);
    expect(await bench.fire()).toEqual([]);
    await fill(bench, "a", "x y z");
    bench.advance(10_000);
    expect((await bench.fire()).map(inWords)).toEqual(["a (3) of 3: +z; z"]);
  });
}

/** An engine that sums channels up by a rule. */
async function governed(
  open: OpenEngine,
  summing: Summing = usual,
): Promise<{ readonly bench: Bench; readonly rule: Rule }> {
  const rule: Rule = { current: summing };
  const bench = await Bench.open(open);
  bench.govern(() => rule.current);
  return { bench, rule };
}

async function fill(bench: Bench, channel: string, users: string): Promise<void> {
  for (const user of users.split(" ")) await bench.touch(user, channel);
}

/** A summary in words: occupancy and revision, who came and went, and after the semicolon who is here. */
function inWords(notice: IntervalNotice): string {
  const { channel, occupancy, revision, joined = [], left = [], timedOut = [], here = new Map() } = notice;
  const signed = (sign: string, users: readonly string[]): string[] => users.map((user) => sign + user);
  const lists = [...signed("+", joined), ...signed("-", left), ...signed("!", timedOut)];
  const users = here.size === 0 ? "" : `; ${[...here.keys()].join(" ")}`;
  return `${channel as Channel} (${occupancy}) of ${revision}${lists.length === 0 ? "" : `: ${lists.join(" ")}`}${users}`;
}

function listsOf(notice: IntervalNotice | undefined): unknown {
  const { joined, left, timedOut, here, hereNowRefresh } = notice ?? {};
  return { joined, left, timedOut, here: here && [...here], hereNowRefresh };
}

/** A change in words, in brackets when it is marked as one of a channel that is summed up. */
function marked(entry: LogEntry): string {
  if (entry.kind !== "change") return entry.kind;
  const [text = ""] = told([entry.change]);
  return entry.change.isSummedUp ? `(${text})` : text;
}

function withoutTimetoken({ timetoken, ...rest }: LogEntry): unknown {
  return rest;
}

function intervalOf(entry: LogEntry): readonly IntervalNotice[] {
  return entry.kind === "interval" ? [entry.interval] : [];
}
