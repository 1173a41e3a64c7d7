/** The bench runs and reports: on small numbers, without a word about speed. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { run } from "./support/command.ts";
import { makeFolder } from "./support/folder.ts";
import { within } from "./support/until.ts";

const bench = resolve(import.meta.dirname, "../../benchmarks/run.ts");
const spread = {
  median: expect.any(Number),
  min: expect.any(Number),
  max: expect.any(Number),
  samples: expect.any(Array),
};

/** Suites that measure beside a bare server of the same runtime, and those that do not. */
const besideBare = ["heartbeats", "held", "here-now"];

it.each([
  ["bun", [...besideBare, "long-poll"]],
  ["bun", ["idle", "fan-out", "storm", "ledger"]],
  ["bun", ["expiry", "interval", "growth"]],
  ["node", ["heartbeats", "fan-out"]],
] as const)(
  "a quick run on %s of %j measures beside others and writes a report",
  { timeout: 180_000 },
  async (runtime, suites) => {
    using folder = makeFolder();
    const out = folder.join("report.json");
    const args = ["--quick", `--${runtime}`, "--out", out, ...suites];
    await using command = run(bench, args);

    const code = await within("The bench", command.finished, 170_000);

    expect({ code, err: command.err() }).toEqual({ code: 0, err: "" });
    const report = JSON.parse(readFileSync(out, "utf8"));
    expect(report).toEqual({
      command: `npm run bench -- ${args.join(" ")}`,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      commit: expect.any(String),
      isCommitClean: expect.any(Boolean),
      isQuick: true,
      machine: expect.objectContaining({ cores: expect.any(Number), memoryGigabytes: expect.any(Number) }),
      cores: expect.toBeOneOf([null, { server: 0, load: 1 }]),
      runtimes: { bun: expect.stringMatching(/^\d+\./), node: expect.stringMatching(/^v\d+\./) },
      suites: expect.any(Array),
    });
    expect(report.suites.map((suite: { suite: string }) => suite.suite)).toEqual(suites);
    for (const suite of report.suites) {
      const names = suite.rows.map((row: { name: string }) => row.name);
      // Growth is of ours alone: its rows are sizes.
      const own = suite.suite === "growth" ? /^seats, / : new RegExp(`(hereabouts|ledger) on ${runtime}`);
      expect(names.filter((name: string) => own.test(name))).not.toEqual([]);
      if (besideBare.includes(suite.suite)) {
        expect(names.filter((name: string) => name.includes(`bare ${runtime}`))).not.toEqual([]);
      }
      expect(suite.checks).not.toEqual([]);
      expect(suite.noScores ?? []).toEqual([]);
      for (const row of suite.rows) {
        expect(Object.values(row.figures)).toEqual(Object.keys(row.figures).map(() => spread));
        expect(row.figures).not.toEqual({});
      }
      for (const comparison of suite.comparisons) expect(comparison.value).toEqual(spread);
    }
  },
);

it("the bench refuses what it does not know with code 2", async () => {
  await using command = run(bench, ["--fast"]);

  expect(await command.ended()).toBe(2);
  expect(command.err()).toContain('"--fast"');
});
