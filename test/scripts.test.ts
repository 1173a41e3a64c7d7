/** The parts of the scripts that only compute: tallies, the last line, what counts as installed, licences. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureChromium, findChromium } from "../scripts/lib/chromium.mjs";
import { withGenerated } from "../scripts/lib/generated.ts";
import { staleness } from "../scripts/lib/packages.mjs";
import { licenceProblem } from "../scripts/lib/python.mjs";
import { ensureRedis, findRedis } from "../scripts/lib/redis.mjs";
import { runSteps, summaryTable } from "../scripts/lib/steps.mjs";
import { suites } from "../scripts/lib/suites.mjs";
import { check, isGood, sum, summaryLine, tallyVitest } from "../scripts/lib/tally.mjs";

interface ReportOptions {
  readonly passed?: number;
  readonly failed?: number;
  readonly pending?: number;
  readonly todo?: number;
  readonly files?: readonly { status: string; assertionResults: readonly { status: string }[] }[];
}

function report({ passed = 0, failed = 0, pending = 0, todo = 0, files = [] }: ReportOptions) {
  return {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: todo,
    testResults: files,
  };
}

describe("the last line of npm test", () => {
  it("counts what passed and what failed, and what was skipped when anything was", () => {
    expect(summaryLine({ passed: 1_234, failed: 0, skipped: 0 })).toBe("1234 passed, 0 failed");
    expect(summaryLine({ passed: 0, failed: 2, skipped: 3 })).toBe("0 passed, 2 failed, 3 skipped");
  });

  it("is the sum over all suites; types and lint count as one test each", () => {
    const tallies = [check(true), check(false), tallyVitest(report({ passed: 5, pending: 2 }), 0)];

    expect(sum(tallies)).toEqual({ passed: 6, failed: 1, skipped: 2 });
  });
});

describe("what a suite came to", () => {
  it("is what its report says", () => {
    expect(tallyVitest(report({ passed: 5, failed: 1, pending: 2, todo: 1 }), 1)).toEqual({
      passed: 5,
      failed: 1,
      skipped: 3,
    });
  });

  it("counts a file that could not be loaded as a failed test, once", () => {
    const files = [
      { status: "failed", assertionResults: [] },
      { status: "failed", assertionResults: [{ status: "failed" }] },
      { status: "passed", assertionResults: [{ status: "passed" }] },
    ];

    expect(tallyVitest(report({ passed: 1, failed: 1, files }), 1)).toEqual({
      passed: 1,
      failed: 2,
      skipped: 0,
    });
  });

  it.each([
    ["no test was run", report({}), 0, { passed: 0, failed: 1, skipped: 0, remark: "ran no test" }],
    [
      "it left no report",
      undefined,
      137,
      { passed: 0, failed: 1, skipped: 0, remark: "ended with code 137 and no report" },
    ],
    [
      "it ended badly though no test failed",
      report({ passed: 3 }),
      1,
      { passed: 3, failed: 1, skipped: 0, remark: "ended with code 1 though no test failed" },
    ],
  ])("is a failure when %s", (_name, given, code, tally) => {
    expect(tallyVitest(given, code)).toEqual(tally);
  });

  it("may have skipped tests, but not on a build server", () => {
    const tally = { passed: 3, failed: 0, skipped: 1 };

    expect(isGood(tally, { isBuildServer: false })).toBe(true);
    expect(isGood(tally, { isBuildServer: true })).toBe(false);
    expect(isGood({ ...tally, failed: 1 }, { isBuildServer: false })).toBe(false);
  });
});

describe("steps", () => {
  it("go on after a failure, and say which one is under way", async () => {
    const said: string[] = [];
    const steps = [
      { name: "types", run: async () => check(false) },
      { name: "compat", run: async () => ({ passed: 1, failed: 0, skipped: 2, remark: "without Python" }) },
    ];

    const results = await runSteps(steps, (line: string) => said.push(line));

    expect(said.map((line) => line.replace(/\d+\.\d s/, "TIME"))).toEqual([
      "[1/2] types ...",
      "[1/2] types: 0 passed, 1 failed (TIME)",
      "[2/2] compat ...",
      "[2/2] compat: 1 passed, 0 failed, 2 skipped: without Python (TIME)",
    ]);
    expect(summaryTable(results).replace(/\d+\.\d s/g, "TIME")).toBe(
      "  FAIL types   0 passed, 1 failed (TIME)\n  ok   compat  1 passed, 0 failed, 2 skipped: without Python (TIME)",
    );
  });

  it("are these, in this order", () => {
    expect(suites("node").map(({ name }) => name)).toEqual([
      "types",
      "lint",
      "docs",
      "unit",
      "redis",
      "conformance",
      "sim",
      "e2e",
      "cluster",
      "compat",
      "packages",
      "browser",
    ]);
  });
});

describe("installed packages", () => {
  const lock = {
    packages: {
      "": {},
      "packages/cli": { version: "0.1.0" },
      "node_modules/@hereabouts/cli": { link: true },
      "node_modules/a": { version: "1.0.0" },
      "node_modules/a/node_modules/b": { version: "2.0.0" },
      "node_modules/other-platform": { version: "3.0.0", optional: true },
    },
  };
  const installed = {
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
  };

  it("are those of the lock file, but for other platforms' and with others besides", () => {
    const packages = { ...installed, "node_modules/left-over": { version: "9.0.0" } };

    expect(staleness(lock, { packages })).toBeUndefined();
  });

  it.each([
    ["there are none", undefined, "none are installed"],
    [
      "one is missing",
      { packages: { "node_modules/a": { version: "1.0.0" } } },
      "node_modules/a/node_modules/b is missing",
    ],
    [
      "one has another version",
      { packages: { ...installed, "node_modules/a": { version: "1.0.1" } } },
      "node_modules/a is 1.0.1 instead of 1.0.0",
    ],
    [
      "an optional one has another version",
      { packages: { ...installed, "node_modules/other-platform": { version: "2.0.0" } } },
      "node_modules/other-platform is 2.0.0 instead of 3.0.0",
    ],
  ])("are not when %s", (_name, have, reason) => {
    expect(staleness(lock, have)).toBe(reason);
  });
});

describe("the licence of the Python client", () => {
  const mit = [
    "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software ...",
    "to use, copy, modify, merge, publish, distribute, sublicense, and/or sell\ncopies ...",
    'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, ...',
  ];

  it("is the MIT licence, or the client is not used", () => {
    expect(licenceProblem(mit.join("\n\n"))).toBeUndefined();
    expect(licenceProblem(mit.slice(1).join("\n\n"))).toBe(
      "the installed pubnub package is not under the MIT licence, so it is not used",
    );
    expect(licenceProblem(undefined)).toBe(
      "the installed pubnub package has no licence text, so it is not used",
    );
  });
});

describe("generated parts of a page", () => {
  const page = "a\n<!-- generated: options -->\nold\n<!-- end of generated -->\nb\n";

  it("are replaced, and writing them twice changes nothing", () => {
    const once = withGenerated(page, new Map([["options", "new\n"]]));

    expect(once).toBe("a\n<!-- generated: options -->\n\nnew\n\n<!-- end of generated -->\nb\n");
    expect(withGenerated(once, new Map([["options", "new\n"]]))).toBe(once);
  });

  it("and texts have to fit each other", () => {
    expect(() => withGenerated(page, new Map())).toThrow(
      "The page has a place for options, which nobody generates.",
    );
    expect(() => withGenerated("", new Map([["options", ""]]))).toThrow("The page has no place for options.");
  });
});

describe("the Chromium of the browser suite", () => {
  function inFolder(run: (folder: string) => void): void {
    const folder = mkdtempSync(join(tmpdir(), "hereabouts-chromium-"));
    try {
      run(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it("is the one that the environment names, and no other when that is no program", () => {
    inFolder((folder) => {
      const program = join(folder, "my-browser");
      writeFileSync(program, "");
      const before = findChromium({ HEREABOUTS_CHROMIUM: program });
      chmodSync(program, 0o755);

      expect(before).toBeUndefined();
      expect(findChromium({ HEREABOUTS_CHROMIUM: program })).toBe(program);
      expect(findChromium({ HEREABOUTS_CHROMIUM: folder })).toBeUndefined();
    });
  });

  it("is looked for on the PATH, by its usual names, where none is in a usual place", () => {
    inFolder((folder) => {
      const program = join(folder, "b", "google-chrome");
      mkdirSync(join(folder, "b"));
      writeFileSync(program, "", { mode: 0o755 });
      const PATH = [join(folder, "a"), join(folder, "b")].join(delimiter);

      expect(findChromium({ PATH }, [])).toBe(program);
      expect(findChromium({ PATH: join(folder, "a") }, [])).toBeUndefined();
      expect(findChromium({ PATH }, [join(folder, "c"), program])).toBe(program);
    });
  });

  it("is not installed over one that the environment names wrongly", async () => {
    const said: string[] = [];

    const problem = await ensureChromium((line: string) => said.push(line), {
      HEREABOUTS_CHROMIUM: "/no/such",
    });

    expect(problem).toBe("HEREABOUTS_CHROMIUM is no program: /no/such");
    expect(said).toEqual([]);
  });
});

describe("the redis-server of the cluster's suites", () => {
  it("is the one that the environment names, else one on the PATH", () => {
    const folder = mkdtempSync(join(tmpdir(), "hereabouts-redis-"));
    try {
      const program = join(folder, "redis-server");
      writeFileSync(program, "", { mode: 0o755 });

      expect(findRedis({ HEREABOUTS_REDIS: program })).toBe(program);
      expect(findRedis({ PATH: ["/no/such", folder].join(delimiter) })).toBe(program);
      expect(findRedis({ HEREABOUTS_REDIS: folder, PATH: folder })).toBeUndefined();
      expect(findRedis({ PATH: "/no/such" })).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is not installed over one that the environment names wrongly", async () => {
    const said: string[] = [];

    const problem = await ensureRedis((line: string) => said.push(line), { HEREABOUTS_REDIS: "/no/such" });

    expect(problem).toBe("HEREABOUTS_REDIS is no program: /no/such");
    expect(said).toEqual([]);
  });
});
