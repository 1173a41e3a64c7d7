import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { program, runProgram, start } from "./support.ts";

const runtimes = ["bun", "node"] as const;
const names = { bun: /^Bun 1\.\d+\.\d+$/, node: /^Node \d\d\.\d+\.\d+$/ };
const folder: string = mkdtempSync(join(tmpdir(), "hereabouts-cli-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(runtimes)("the program on %s", (runtime) => {
  it("says on which runtime it listens and how to try it, takes requests, and stops when told", async () => {
    const server = start(process.execPath, [program, "serve", "--port", "0", "--data", ":memory:"], {
      HEREABOUTS_RUNTIME: runtime,
    });
    const firstLine = await server.firstLine;
    const [, version, name, url] = /^Hereabouts (\S+) on (.+) listens on (\S+)$/.exec(firstLine) ?? [];
    const time = await fetch(`${url}/time/0`);
    const ended = await stopped(server);

    expect({ version, name, status: time.status }).toEqual({
      version: "0.1.0",
      name: expect.stringMatching(names[runtime]),
      status: 200,
    });
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.err.split("\n")[0] ?? "")).toMatchObject({ msg: "starting", runtime: name });
    expect(
      ended.out
        .replaceAll(url ?? "", "URL")
        .split("\n")
        .slice(1),
    ).toEqual([
      "No keysets are set, so this is a demonstration: everybody on this machine may use the keys demo and demo.",
      "  join      curl 'URL/v2/presence/sub-key/demo/channel/lobby/heartbeat?uuid=ann&heartbeat=300'",
      "  here now  curl 'URL/v2/presence/sub-key/demo/channel/lobby'",
      "  watch     curl 'URL/v2/subscribe/demo/lobby-pnpres/0?uuid=bob&tt=1'",
      "",
    ]);

    function stopped(running: typeof server) {
      running.kill("SIGTERM");
      return running.ended;
    }
  });

  it("reads its keysets again when told, and what is wrong with them changes nothing", async () => {
    const path = join(folder, `again-${runtime}.json`);
    const write = (settings: object, policy: object): void =>
      writeFileSync(
        path,
        JSON.stringify({ ...settings, keysets: [{ subscribeKey: "s", publishKey: "p", ...policy }] }),
      );
    write({ port: 0, data: ":memory:" }, {});
    const server = start(process.execPath, [program, "serve", "--config", path], {
      HEREABOUTS_RUNTIME: runtime,
    });
    const url = (await server.firstLine).split(" ").at(-1);
    const ask = async (rest: string): Promise<unknown> =>
      (await fetch(`${url}/v2/presence/sub-key/s/channel/ch${rest}`)).json();
    await ask("/heartbeat?uuid=u");
    expect(await ask("")).toMatchObject({ occupancy: 1 });

    write({ port: 1, data: ":memory:" }, { rules: [{ channels: "c*", track: false }] });
    server.kill("SIGUSR2");

    const patience = { timeout: 10_000 };
    await vi.waitUntil(
      async () => ((await ask("")) as { readonly occupancy: number }).occupancy === 0,
      patience,
    );
    write({ port: 0, data: ":memory:" }, { rules: [{ channels: "c,*" }] });
    server.kill("SIGUSR2");
    await vi.waitUntil(() => server.said().includes("not read again"), patience);
    expect(await ask("")).toMatchObject({ occupancy: 0 });
    server.kill("SIGTERM");
    const ended = await server.ended;
    expect(ended.code).toBe(0);
    const lines = ended.err.split("\n").filter((line) => line.startsWith("hereabouts:"));
    expect(lines).toEqual([
      "hereabouts: in force only after a restart: port",
      `hereabouts: not read again: ${path}:1:98: keysets[0].rules[0].channels: "c,*" is not a channel's name or a pattern with * for any characters`,
    ]);
  });

  it("ends with exit code 1 and one sentence when its port is in use", async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, "127.0.0.1", () => {
        const address = other.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const args = [
      "serve",
      "--runtime",
      runtime,
      "--port",
      `${port}`,
      "--data",
      ":memory:",
      "--log-level",
      "silent",
    ];

    expect(await runProgram(args)).toEqual({
      code: 1,
      out: "",
      err: `hereabouts: port ${port} of 127.0.0.1 is in use: stop what listens there, or choose another with --port\n`,
    });
    other.close();
  });

  it("ends with exit code 1 and one sentence when its data directory cannot be used", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const args = [
      "serve",
      "--runtime",
      runtime,
      "--port",
      "0",
      "--data",
      join(file, "x"),
      "--log-level",
      "silent",
    ];

    expect(await runProgram(args)).toEqual({
      code: 1,
      out: "",
      err: expect.stringMatching(/^hereabouts: The data directory \S+ cannot be used: ENOTDIR: .*\n$/),
    });
  });

  it("starts nothing on an open interface with the open keyset", async () => {
    const args = ["serve", "--runtime", runtime, "--host", "0.0.0.0", "--port", "0", "--data", ":memory:"];

    expect(await runProgram([...args, "--log-level", "silent"])).toEqual({
      code: 2,
      out: "",
      err: expect.stringMatching(
        /^hereabouts: refusing to listen on 0\.0\.0\.0 with the demo\/demo keyset, .*\n$/,
      ),
    });
  });

  it("prints a long configuration whole into a pipe", async () => {
    const file = join(folder, `${runtime}.json`);
    const keysets = Array.from({ length: 2_000 }, (_, index) => ({
      subscribeKey: `s${index}`,
      publishKey: "p",
    }));
    writeFileSync(file, JSON.stringify({ keysets }));

    const { code, out } = await runProgram([
      "serve",
      "--runtime",
      runtime,
      "--config",
      file,
      "--print-config",
    ]);

    expect(code).toBe(0);
    expect(JSON.parse(out).keysets).toHaveLength(2_000);
  });
});

describe("the choice of a runtime", () => {
  it("refuses one it does not know, from the flag and from the variable", async () => {
    expect(await runProgram(["serve", "--runtime=deno"])).toEqual({
      code: 2,
      out: "",
      err: 'hereabouts: --runtime: "deno" is not one of auto, bun, node\n',
    });
    expect(await runProgram(["--version"], { HEREABOUTS_RUNTIME: "deno" })).toEqual({
      code: 2,
      out: "",
      err: 'hereabouts: HEREABOUTS_RUNTIME: "deno" is not one of auto, bun, node\n',
    });
  });

  describe("as an installed package without packaged runtimes", () => {
    const installed = join(folder, "installed");
    const copy = join(installed, "bin", "hereabouts.mjs");
    const path = join(folder, "path");

    beforeAll(() => {
      for (const directory of ["bin", "dist"]) mkdirSync(join(installed, directory), { recursive: true });
      mkdirSync(path);
      for (const name of ["hereabouts.mjs", "launch.mjs", "runtime.mjs"]) {
        copyFileSync(join(program, "..", name), join(installed, "bin", name));
      }
      writeFileSync(join(installed, "package.json"), '{ "type": "module" }');
      writeFileSync(
        join(installed, "dist", "main.js"),
        "console.log(JSON.stringify([process.execArgv, process.argv.slice(2)]));",
      );
    });

    function fakeBun(version: string): void {
      const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else echo "$@"; fi\n`;
      writeFileSync(join(path, "bun"), script, { mode: 0o755 });
    }

    function run(args: readonly string[]) {
      return start(process.execPath, [copy, ...args], { PATH: path }).ended;
    }

    it("runs what was built on a Bun from the PATH, with room for long targets", async () => {
      fakeBun("1.4.0");

      expect(await run(["serve", "--port", "1"])).toEqual({
        code: 0,
        out: `--max-http-header-size=65536 --no-env-file --no-install ${join(installed, "dist", "main.js")} serve --port 1\n`,
        err: "",
      });
    });

    it.each(["1.3.9", "nonsense"])("takes Node when the Bun on the PATH is %s", async (version) => {
      fakeBun(version);
      const { code, out } = await run(["serve"]);

      expect([code, JSON.parse(out)]).toEqual([
        0,
        [["--max-http-header-size=65536", "--disable-warning=ExperimentalWarning"], ["serve"]],
      ]);
    });

    it("says what to do when there is no Bun and it is asked for", async () => {
      rmSync(join(path, "bun"), { force: true });

      expect(await run(["serve", "--runtime", "bun"])).toEqual({
        code: 1,
        out: "",
        err: 'hereabouts: No Bun was found to run on: install Bun 1.4 or newer (https://bun.sh, or the npm package "bun"), or use --runtime node.\n',
      });
    });
  });
});
