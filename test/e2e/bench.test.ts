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

it("a quick run of the bench measures both runtimes and writes a report", { timeout: 180_000 }, async () => {
  using folder = makeFolder();
  const out = folder.join("report.json");
  await using command = run(bench, ["--quick", "--out", out]);

  const code = await within("The bench", command.finished, 170_000);

  expect({ code, err: command.err() }).toEqual({ code: 0, err: "" });
  const report = JSON.parse(readFileSync(out, "utf8"));
  expect(report).toEqual({
    command: `npm run bench -- --quick --out ${out}`,
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    commit: expect.any(String),
    isCommitClean: expect.any(Boolean),
    isQuick: true,
    machine: expect.objectContaining({ cores: expect.any(Number), memoryGigabytes: expect.any(Number) }),
    cores: expect.toBeOneOf([null, { server: 0, load: 1 }]),
    runtimes: { bun: expect.stringMatching(/^\d+\./), node: expect.stringMatching(/^v\d+\./) },
    suites: expect.any(Array),
  });
  expect(report.suites.map((suite: { suite: string }) => suite.suite)).toEqual([
    "heartbeats",
    "held",
    "here-now",
  ]);
  for (const suite of report.suites) {
    expect(suite.checks.length).toBeGreaterThan(0);
    expect(suite.rows.length).toBeGreaterThanOrEqual(4);
    for (const row of suite.rows) {
      expect(Object.values(row.figures)).toEqual(Object.keys(row.figures).map(() => spread));
    }
    for (const comparison of suite.comparisons) expect(comparison.value).toEqual(spread);
  }
});

it("the bench refuses what it does not know with code 2", async () => {
  await using command = run(bench, ["--fast"]);

  expect(await command.ended()).toBe(2);
  expect(command.err()).toContain('"--fast"');
});
