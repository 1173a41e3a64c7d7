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

it.each([
  ["bun", ["heartbeats", "held", "here-now", "long-poll"]],
  ["node", ["heartbeats"]],
] as const)(
  "a quick run on %s measures beside bare servers and writes a report",
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
      expect(names.filter((name: string) => name.includes(`hereabouts on ${runtime}`))).not.toEqual([]);
      const bareNames = names.filter((name: string) => name.includes(`bare ${runtime}`));
      expect(bareNames.length > 0).toBe(suite.suite !== "long-poll");
      expect(suite.checks).not.toEqual([]);
      for (const row of suite.rows) {
        expect(Object.values(row.figures)).toEqual(Object.keys(row.figures).map(() => spread));
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
