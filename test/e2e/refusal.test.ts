/** Starts that cannot be: one clear sentence, the right exit code, and nothing left behind. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { runtimes, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { launcher, run } from "./support/command.ts";
import { makeFolder } from "./support/folder.ts";
import { changeGroup, heartbeat, occupants } from "./support/service.ts";

describe.each(runtimes)("a start on %s", (runtime) => {
  it("makes a data directory that only its user can read", async () => {
    using folder = makeFolder();
    const data = folder.join("a/new/one");
    await using server = await startServer({ runtime, data });

    await changeGroup(server.port, "friends", "?add=hall", new Agent());

    expect(statSync(data).mode & 0o777).toBe(0o700);
    const files = readdirSync(data);
    expect(files).toContain("hereabouts.db");
    expect(files.map((name) => statSync(`${data}/${name}`).mode & 0o077)).toEqual(files.map(() => 0));
  });

  it("is refused with code 1 where the data directory cannot be written", async () => {
    using folder = makeFolder();
    const data = unwritable(folder.path);

    expect(await start(["--port", "0", "--data", data])).toEqual({
      code: 1,
      sentence: expect.stringContaining(data),
    });
  });

  it("is refused with code 1 where a file is in the place of the data directory", async () => {
    using folder = makeFolder();
    const data = folder.join("file");
    writeFileSync(data, "something else");

    expect(await start(["--port", "0", "--data", data])).toEqual({
      code: 1,
      sentence: expect.stringContaining(data),
    });
  });

  it("is refused with code 1 where the database is something else", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    mkdirSync(data);
    writeFileSync(
      `${data}/hereabouts.db`,
      "this is no database, but long enough to be read as one ".repeat(200),
    );

    expect(await start(["--port", "0", "--data", data])).toEqual({
      code: 1,
      sentence: expect.stringContaining(data),
    });
  });

  it("is refused with code 1 where another server has the data directory, which goes on undisturbed", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    await using first = await startServer({ runtime, data });
    await heartbeat(first.port, "hall", "ann");

    const refused = await start(["--port", "0", "--data", data]);

    expect(refused).toEqual({ code: 1, sentence: expect.stringMatching(/another|in use/i) });
    expect(await occupants(first.port, "hall")).toEqual(["ann"]);
    await changeGroup(first.port, "friends", "?add=hall", new Agent());
    expect(await first.stop()).toEqual({ code: 0, signal: null });
  });

  it("is refused with code 1 where the port is taken", async () => {
    await using first = await startServer({ runtime });

    const refused = await start(["--data", ":memory:", "--port", String(first.port)]);

    expect(refused).toEqual({
      code: 1,
      sentence: expect.stringMatching(new RegExp(`port ${first.port}.*in use`)),
    });
    expect(await occupants(first.port, "hall")).toEqual([]);
  });

  it("is refused with code 2 where everybody could reach the keys that everybody knows", async () => {
    expect(await start(["--port", "0", "--data", ":memory:", "--host", "0.0.0.0"])).toEqual({
      code: 2,
      sentence: expect.stringMatching(/refusing to listen on 0\.0\.0\.0 with the demo\/demo keyset/),
    });
  });

  it("is refused with code 2 where a flag is unknown", async () => {
    expect(await start(["--prot", "7400"])).toEqual({ code: 2, sentence: expect.stringContaining("--port") });
  });

  /** Runs a start to its end; what it says beside its log must be one sentence and no stack. */
  async function start(args: readonly string[]): Promise<{ code: number | string; sentence: string }> {
    await using command = run(launcher, ["serve", "--runtime", runtime, ...args]);
    const code = await command.ended();
    const lines = command.err().split("\n");
    const said = lines.filter((line) => line !== "" && !line.startsWith("{"));
    expect(command.out()).toBe("");
    expect(said).toEqual([expect.stringMatching(/^hereabouts: /)]);
    return { code, sentence: said[0] ?? "" };
  }
});

/** A place where this user can make no directory; root can make one anywhere but where the kernel has its own. */
function unwritable(folder: string): string {
  if (process.getuid?.() === 0) return "/sys/hereabouts";
  chmodSync(folder, 0o500);
  return `${folder}/data`;
}
