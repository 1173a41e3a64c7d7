/** The README's tour: every command and program in it, run as it stands against a real server but for the port. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runtimePath, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describePython, pythonPath } from "./support/python.ts";

const root = resolve(import.meta.dirname, "../..");

/** Runs a text as a program and gives the lines it prints. */
async function linesOf(command: string, args: readonly string[], input: string): Promise<readonly string[]> {
  const child = spawn(command, args, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(input);
  let output = "";
  for await (const chunk of child.stdout) output += String(chunk);
  const code = await new Promise((settle) => child.once("close", settle));
  expect(code, `${command} ends well`).toBe(0);
  return output.split("\n").filter((line) => line.length > 0);
}

function tourOf(file: string, server: ServerProcess): string {
  const text = readFileSync(resolve(root, "examples/tour", file), "utf8");
  return text.replaceAll("127.0.0.1:7400", server.origin);
}

describe.each(runtimes)("the README's tour against the server on %s", (runtime) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ runtime });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("with curl", async () => {
    const script = tourOf("tour.sh", server).replaceAll("curl -s", "curl -sw '\\n'");
    const replies = (await linesOf("sh", [], script)).map((line): unknown => JSON.parse(line));

    const ok = { message: "OK", service: "Presence", status: 200 };
    const cursor = { t: expect.stringMatching(/^\d{17}$/), r: 1 };
    const event = (action: string): unknown =>
      expect.objectContaining({ d: expect.objectContaining({ action }) });
    expect(replies).toEqual([
      { t: cursor, m: [] },
      { ...ok, occupancy: 1, uuids: ["ann"] },
      { ...ok, payload: { mood: "curious" } },
      { ...ok, occupancy: 1, uuids: [{ uuid: "ann", state: { mood: "curious" } }] },
      { ...ok, payload: { channels: ["lobby"] } },
      { error: false, message: "OK", service: "channel-registry", status: 200 },
      {
        ...ok,
        payload: {
          channels: { lobby: { occupancy: 1, uuids: ["ann"] } },
          total_channels: 1,
          total_occupancy: 1,
        },
      },
      { t: cursor, m: [event("join"), event("state-change")] },
      { ...ok, action: "leave" },
    ]);
  });

  test("with the JavaScript client", async () => {
    const lines = await linesOf(runtimePath("node"), ["--input-type=module"], tourOf("tour.mjs", server));

    expect(lines.slice(0, 1)).toEqual(["join bob, 1 here"]);
    const occupants = lines.filter((line) => line.startsWith("[")).map((line): unknown => JSON.parse(line));
    expect(occupants).toEqual([[{ uuid: "bob", state: { typing: true } }]]);
  });

  describePython("with Python", () => {
    test("with the Python client", async () => {
      const lines = await linesOf(pythonPath(), ["-"], tourOf("tour.py", server));

      expect(lines).toEqual(["{'lobby': {'age': 20}}", expect.stringMatching(/^\d+$/)]);
    });
  });
});
