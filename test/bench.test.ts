/** The bench's own arithmetic and judgement: lines, ratios, rounds without a score, and rosters kept by summaries. */
import { describe, expect, test } from "vitest";
import type { Bench } from "../benchmarks/bench.ts";
import { Summaries, type Summary } from "../benchmarks/load/summaries.ts";
import { playRounds, ratioOfFigures, rowOfScores } from "../benchmarks/rounds.ts";
import { lineThrough } from "../benchmarks/scale.ts";

describe("a line", () => {
  test("through points on a line is that line", () => {
    const points = [
      [0, 5],
      [10, 25],
      [30, 65],
    ] as const;
    expect(lineThrough(points)).toEqual({ base: 5, slope: 2, fit: 1 });
  });

  test("through points beside a line fits less", () => {
    const points = [
      [0, 0],
      [1, 2],
      [2, 0],
    ] as const;
    const { base, slope, fit } = lineThrough(points);
    expect([base.toFixed(3), slope, fit]).toEqual(["0.667", 0, 0]);
  });
});

describe("rounds", () => {
  const said: string[] = [];
  const bench: Bench = {
    load: { run: () => Promise.reject(new Error("no load")), stop: () => {} },
    runtimes: [],
    isQuick: false,
    rounds: undefined,
    redisProblem: undefined,
    say: (line) => said.push(line),
  };

  test("who gives a wrong answer has no score for that round, and the others have theirs", async () => {
    let turn = 0;
    const scores = await playRounds(bench, [{ name: "ours" }, { name: "bare" }], {
      rounds: 3,
      measure: async ({ name }) => {
        if (name === "bare") return 10;
        turn++;
        if (turn === 2) throw new Error("the roster is wrong");
        return turn * 10;
      },
      show: String,
    });

    expect(scores.of("ours")).toEqual([10, undefined, 30]);
    expect(scores.noScores).toEqual(["ours, round 2: the roster is wrong"]);
    expect(ratioOfFigures(scores, ["ours", "bare"], Number).samples).toEqual([1, 3]);
    expect(rowOfScores(scores, "ours", { us: Number })).toEqual({
      name: "ours",
      figures: { us: { median: 20, min: 10, max: 30, samples: [10, 30] } },
      remark: "no score in 1 of 3 rounds",
    });
    expect(said.filter((line) => line.includes("no score"))).toHaveLength(1);
  });
});

describe("rosters kept by summaries", () => {
  const summary = (more: Partial<Summary>): Summary => ({
    ...{ at: 1, since: 10, revision: 12, isRefresh: false, joined: [], gone: [], here: new Set<string>() },
    ...more,
  });

  test("come to who is there, also where somebody came and went", () => {
    const summaries = new Summaries(["a", "b"], 10);
    const told = summary({
      revision: 15,
      joined: ["c", "d", "e"],
      gone: ["a", "d", "e"],
      here: new Set(["e"]),
    });
    expect([summaries.follow(10, told, "x"), summaries.follow(10, told, "y")]).toEqual([15, 15]);
    expect([...summaries.users]).toEqual(["b", "c", "e"]);
    expect(summaries.count).toBe(1);
  });

  test("do not bear a gap, nor a summary without lists, but for what was before", () => {
    const summaries = new Summaries(["a"], 10);
    expect(summaries.follow(10, summary({ since: 0, revision: 10, isRefresh: true }), "x")).toBe(10);
    expect(() => summaries.follow(10, summary({ since: 11 }), "x")).toThrow("x is at 10");
    expect(() => summaries.follow(10, summary({ isRefresh: true }), "x")).toThrow("no lists");
  });

  test("are read from a frame, and nothing else is", () => {
    const summaries = new Summaries([], 0);
    const d = {
      action: "interval",
      precise_timestamp: 7,
      since_revision: 3,
      revision: 5,
      join: ["a"],
      timeout: ["b"],
    };
    expect(summaries.read(JSON.stringify({ t: { t: "1", r: 1 }, m: [{ d }] }))).toEqual([
      summary({ at: 7, since: 3, revision: 5, joined: ["a"], gone: ["b"] }),
    ]);
    expect(summaries.read('{"c":"ready","t":{"t":"1","r":1},"id":0}')).toEqual([]);
    expect(() => summaries.read('{"m":[{"d":{"action":"join"}}]}')).toThrow("A join was told");
  });
});
