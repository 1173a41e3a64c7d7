/** The examples that are programs, as their users run them: on Node and on Bun, against servers on both. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Client, createClient } from "@hereabouts/client";
import { runtimePath, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { until, within } from "./support/until.ts";

const examples = join(import.meta.dirname, "../../examples");

/** An example that runs. */
interface Program {
  readonly child: ChildProcess;
  output(): string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

const matrix = runtimes.flatMap((on) => runtimes.map((runtime) => ({ on, runtime })));

describe.each(matrix)("on $on, against a server on $runtime", ({ on, runtime }) => {
  let server: ServerProcess;
  const programs: Program[] = [];
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await startServer({ runtime });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const { child } of programs.splice(0)) child.kill("SIGKILL");
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  function start(path: string, ...words: readonly string[]): Program {
    const child = spawn(runtimePath(on), ["--conditions=source", join(examples, path), ...words], {
      env: { ...process.env, ORIGIN: server.url("") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    const ended = once(child, "close").then(([code]): number | null =>
      typeof code === "number" ? code : null,
    );
    const program = { child, ended, output: () => output };
    programs.push(program);
    return program;
  }

  function says(program: Program, line: string): Promise<true> {
    return until(`"${line}"`, () => (program.output().split("\n").includes(line) ? true : undefined));
  }

  function person(userId: string): Client {
    const client = createClient({ origin: server.url(""), subscribeKey: "demo", userId });
    clients.push(client);
    return client;
  }

  test("the samples of the presence page answer what the page shows", async () => {
    const program = start("seed-in-typescript/main.ts");

    const code = await within("the end", program.ended);

    expect(sectionsOf(program.output())).toEqual(answers);
    expect(code).toBe(0);
  });

  test("the worker tells who comes and goes, compares its roster at a signal, and ends", async () => {
    const channel = `office-${on}`;
    const program = start("node-worker-roster/main.ts", channel);
    await says(program, "= 0 here");
    const ann = person("ann");
    const seat = ann.subscribe({ channels: channel });
    await says(program, "+ ann");
    await ann.setState({ channels: channel, state: { mood: "fine" } });
    await says(program, '~ ann {"mood":"fine"}');
    person("bob").subscribe({ channels: channel });
    await says(program, "+ bob");
    await seat.close();
    await says(program, "- ann");

    program.child.kill("SIGTERM");
    const code = await within("the end", program.ended);

    expect(program.output().split("\n")).toEqual([
      "connecting",
      "connected",
      "= 0 here",
      "+ ann",
      '~ ann {"mood":"fine"}',
      "+ bob",
      "- ann",
      "disconnected",
      "The roster is what the service says: 1 here.",
      "",
    ]);
    expect(code).toBe(0);
  });

  test("the worker ends by itself after the seconds it was given", async () => {
    const program = start("node-worker-roster/main.ts", "empty", "0.5");

    const code = await within("the end", program.ended);

    expect(program.output()).toContain("The roster is what the service says: 0 here.");
    expect(code).toBe(0);
  });

  test("the worker fails, and says why, when it is given what cannot be a channel", async () => {
    const child = start("node-worker-roster/main.ts", "no,channel", "0.5");

    expect(await within("the end", child.ended)).toBe(1);
    expect(child.output()).toContain("PresenceError");
  });

  test("ten lines show a roster that lives", async () => {
    const program = start("node-worker-roster/ten-lines.ts");
    await says(program, "Here now: ann");
    person("bob").subscribe({ channels: "lobby" });

    await says(program, "Here now: ann, bob");
  });

  test("the core with its calls tells who comes, and how many there are", async () => {
    const program = start("node-worker-roster/only-core.ts");
    await says(program, "ann came: 1 here");
    person("bob").subscribe({ channels: "hall" });

    await says(program, "bob came: 2 here");
  });
});

/** What was printed under each title: JSON where it is JSON, else lines. */
function sectionsOf(output: string): ReadonlyMap<string, unknown> {
  const sections = output
    .trim()
    .split(/^# /m)
    .filter((text) => text !== "");
  return new Map(
    sections.map((text) => {
      const [title = "", ...lines] = text.trimEnd().split("\n");
      const isJson = lines[0]?.startsWith("{") ?? false;
      return [title, isJson ? JSON.parse(lines.join("\n")) : lines];
    }),
  );
}

/** A channel with one person, as here now tells it. */
function oneIn(channelName: string, userId: string, state: unknown = null): unknown {
  return { channelName, occupancy: 1, occupants: [{ userId, state }] };
}

const twenty = { age: 20 };
const answers: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  [
    "Here now: a list of users",
    [
      "---",
      "Channel: cool_channel1",
      "Occupancy: 2",
      "User: ann, State: undefined",
      "User: bob, State: undefined",
      "---",
      "Channel: cool_channel2",
      "Occupancy: 1",
      "User: ann, State: undefined",
    ],
  ],
  [
    "Here now: returning state",
    {
      totalChannels: 1,
      totalOccupancy: 1,
      channels: { my_channel: oneIn("my_channel", "myUuid1", { abcd: { age: 15 } }) },
    },
  ],
  [
    "Here now: occupancy only",
    {
      totalChannels: 1,
      totalOccupancy: 3,
      channels: { my_channel: { channelName: "my_channel", occupancy: 3, occupants: [] } },
    },
  ],
  [
    "Here now for channel groups",
    {
      totalChannels: 4,
      totalOccupancy: 4,
      channels: {
        my_channel: oneIn("my_channel", "143r34f34t34fq34q34q3"),
        my_channel_2: oneIn("my_channel_2", "123123234t234f34fq3dq"),
        my_channel_3: oneIn("my_channel_3", "23f34d3f4rq34r34rq23q"),
        my_channel_4: oneIn("my_channel_4", "w34tcw45t45tcw435tww3"),
      },
    },
  ],
  ["Where now", { channels: ["here", "here-too"] }],
  ["Where now: some other user", { channels: ["there"] }],
  ["Set state", { state: twenty }],
  ["Get state", { channels: { ch1: twenty, ch2: twenty, ch3: null } }],
  [
    "Set state for channels in channel groups",
    { state: twenty, channels: { "in-gr1": twenty, "in-gr2": twenty, "in-gr3": twenty } },
  ],
]);
