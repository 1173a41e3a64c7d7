/** Starting the server the way a newcomer does, and typing what it prints. */
import { spawnSync } from "node:child_process";
import { runtimes } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { type Command, launcher, run, runFile } from "./support/command.ts";
import { ask } from "./support/http.ts";
import { eventOf, readDelivery } from "./support/service.ts";
import { until } from "./support/until.ts";

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

describe.each(runtimes)("a first start on %s", (runtime) => {
  const args = ["serve", "--runtime", runtime, "--port", "0", "--data", ":memory:"];

  it("prints where it listens and three lines that can be typed as they stand", async () => {
    await using server = run(launcher, args);
    const [, version] = await server.printed(
      "the welcome",
      /^Hereabouts (\S+) on .+ listens on http:\/\/127\.0\.0\.1:\d+$/m,
    );

    const join = JSON.parse(await type(server, "join"));
    const hereNow = JSON.parse(await type(server, "here now"));
    const watch = readDelivery(await type(server, "watch"));

    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(join).toEqual({ status: 200, message: "OK", service: "Presence" });
    expect(hereNow).toEqual({
      status: 200,
      message: "OK",
      service: "Presence",
      occupancy: 1,
      uuids: ["ann"],
    });
    expect(watch.items.map((item) => [item.c, eventOf(item)])).toEqual([
      ["lobby-pnpres", expect.objectContaining({ action: "join", uuid: "ann", occupancy: 1 })],
    ]);
  });

  it("ends with code 0 when it is told to stop", async () => {
    await using server = run(launcher, args);
    await server.printed("the welcome", /listens on/);

    server.signal("SIGTERM");

    expect(await server.ended()).toBe(0);
  });
});

describe("npm start", () => {
  it("serves from the sources on Bun, passes flags on, and ends the server when npm is told to stop", async () => {
    await using npm = runFile("npm", ["start", "--", "--port", "0", "--data", ":memory:"]);
    const [, runtime, url = ""] = await npm.printed("the welcome", /on (\S+) \S+ listens on (http:\S+)/);
    const time = await fetch(`${url}/time/0`);

    npm.signal("SIGTERM");
    await npm.ended();

    expect([runtime, time.status]).toEqual(["Bun", 200]);
    await until("the end of the server", () =>
      fetch(url).then(
        () => undefined,
        () => true,
      ),
    );
  });
});

/** Does what a printed line says, in a shell where there is curl. */
async function type(server: Command, name: string): Promise<string> {
  const [, line = ""] = await server.printed(
    `the line for ${name}`,
    new RegExp(`^ +${name} +(curl .+)$`, "m"),
  );
  if (hasCurl) {
    const { status, stdout, stderr } = spawnSync(
      "sh",
      ["-c", `${line} --silent --show-error --max-time 20`],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`${line} ended with ${status}: ${stderr}`);
    return stdout;
  }
  const url = new URL(/'([^']+)'/.exec(line)?.[1] ?? "");
  return (await ask(Number(url.port), url.pathname + url.search)).text;
}
