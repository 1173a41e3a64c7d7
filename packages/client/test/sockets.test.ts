/** The SDK over sockets, against real servers on Bun and on Node: here on Node, and in processes of their own on Bun. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { bunPath, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { carriages, scenarios } from "./support/scenarios.ts";

const run = promisify(execFile);

describe.each(runtimes)("against a server on %s", (runtime) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ runtime });
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  describe.each(carriages)("with stream %s", (stream) => {
    test.each(scenarios)("$name", ({ run: tryIt }) => tryIt(server.url(""), stream), 30_000);
  });

  test("everything holds on Bun, too", async () => {
    const program = join(import.meta.dirname, "support/run-scenarios.ts");
    const { stdout } = await run(bunPath(), ["--conditions=source", program, server.url("")]);
    expect(stdout).toContain(`${carriages.length * scenarios.length} passed, 0 failed`);
  }, 60_000);
});
