/** The packages as they are published: their size, their public surface, their tarballs, and the SDK installed from one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { denoPath, runtimePath, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiReport, reported, reportPath } from "../../scripts/lib/api-report.ts";
import { pack, published, publishedManifest } from "../../scripts/lib/pack.ts";
import { root } from "../../scripts/lib/root.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { budgets, sizeOf, sizesPage, withSizes } from "../../scripts/lib/size.ts";

const folder = mkdtempSync(join(tmpdir(), "hereabouts-packages-"));
const tarballs = new Map<string, string>();

beforeAll(async () => {
  const { code, output } = await run(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-b"],
    { capture: true },
  );
  if (code !== 0) throw new Error(output);
  for (const name of published) tarballs.set(name, await pack(name, folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tarballOf(name: string): string {
  return tarballs.get(name) ?? "";
}

test.each(budgets)("$name has at most $bytesMax bytes", async ({ program, bytesMax }) => {
  expect(await sizeOf(program)).toBeLessThanOrEqual(bytesMax);
});

test("the core's budget is what was promised", () => {
  const [core] = budgets;
  expect(core?.program).toBe('export { createCore } from "@hereabouts/client/core";');
  expect(core?.bytesMax).toBeLessThan(8_000);
});

test("the SDK's README has its sizes as they are (npm run size)", async () => {
  const sizes: number[] = [];
  for (const { program } of budgets) sizes.push(await sizeOf(program));
  expect(readFileSync(sizesPage, "utf8")).toBe(withSizes(sizes));
});

test.each(reported)("the public surface of %s is the one in its report (npm run api)", (name) => {
  expect(apiReport(name)).toBe(readFileSync(reportPath(name), "utf8"));
});

test("a published manifest has no condition that leads to sources", () => {
  const manifest = { exports: { ".": { source: "./src/index.ts", default: "./dist/index.js" } } };

  expect(JSON.parse(publishedManifest(JSON.stringify(manifest)))).toEqual({
    exports: { ".": { default: "./dist/index.js" } },
  });
});

describe.each(published)("the tarball of %s", (name) => {
  test("is to publint's liking", async () => {
    const bytes = readFileSync(tarballOf(name));
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

    const { messages } = await publint({ pack: { tarball }, strict: true, level: "warning" });

    expect(messages).toEqual([]);
  });

  test("has types that resolve wherever ES modules do", async () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");

    const { code, output } = await run(
      process.execPath,
      [attw, tarballOf(name), "--profile", "esm-only", "--format", "ascii", "--no-color"],
      { capture: true },
    );

    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
  });
});

/** Programs of users, as they are in an empty folder, and what they print. */
const programs = [
  {
    file: "roster.js",
    prints: "0 ann\n",
    code: `import { createClient } from "@hereabouts/client";
await using client = createClient({ origin: process.env.ORIGIN, subscribeKey: "demo", userId: "ann" });
const { occupants } = await client.roster(process.env.CHANNEL).ready();
const roster = client.roster(process.env.CHANNEL, { join: "join" });
for await (const { occupants } of roster) if (occupants.has("ann")) break;
console.log(occupants.size, [...roster.snapshot.occupants.keys()].join());
`,
  },
  {
    file: "core.js",
    prints: "ann join 1\nbob join 2\nbob state-change 2\nbob leave 1\nann over\n",
    code: `import { createCore } from "@hereabouts/client/core";
const { ORIGIN: origin, CHANNEL: channels } = process.env;
const make = (userId) => createCore({ origin, subscribeKey: "demo", userId, deviceId: userId });
const [ann, bob] = [make("ann"), make("bob")];
for await (const { userId, action, occupancy } of ann.subscribe({ channels, withPresence: true })) {
  console.log(userId, action, occupancy);
  if (userId === "ann") bob.subscribe({ channels, state: { mood: "fine" } });
  if (action === "state-change") await bob.close();
  if (action === "leave") await ann.close();
}
console.log("ann over");
`,
  },
  {
    file: "stream.js",
    prints: "bob join 2 by stream\nbob leave 1 by stream\n",
    code: `import { createClient } from "@hereabouts/client";
const { ORIGIN: origin, CHANNEL: channels } = process.env;
const told = [];
const opened = Promise.withResolvers();
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    this.addEventListener("message", ({ data }) => opened.resolve(told.push(data)));
  }
};
const make = (userId, stream) => createClient({ origin, subscribeKey: "demo", userId, stream });
const [ann, bob] = [make("ann", "auto"), make("bob", "off")];
void opened.promise.then(() => bob.subscribe({ channels }));
for await (const { userId, action, occupancy } of ann.subscribe({ channels, withPresence: true })) {
  if (userId !== "bob") continue;
  const isPushed = told.some((text) => text.includes("bob") && text.includes(action));
  console.log(userId, action, occupancy, isPushed ? "by stream" : "by poll");
  if (action === "join") await bob.close();
  if (action === "leave") await ann.close();
}
`,
  },
];

/** What those programs run on, as somebody would start them. */
const clientRuntimes = [
  ...runtimes.map((on) => ({ on, program: runtimePath(on), args: [] })),
  { on: "deno", program: denoPath(), args: ["run", "--no-prompt", "--allow-net", "--allow-env"] },
];

describe("the SDK from its tarball, in an empty folder", () => {
  const place = join(folder, "app");
  beforeAll(async () => {
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), '{ "name": "app", "private": true, "type": "module" }\n');
    for (const { file, code } of programs) writeFileSync(join(place, file), code);
    const install = [
      "install",
      tarballOf("client"),
      "--prefix",
      place,
      "--offline",
      "--no-audit",
      "--no-fund",
    ];
    const { code, output } = await run("npm", install, {
      capture: true,
      shell: process.platform === "win32",
    });
    if (code !== 0) throw new Error(output);
  });

  describe.each(runtimes)("against a server on %s", (runtime) => {
    let server: ServerProcess;
    beforeAll(async () => {
      server = await startServer({ runtime });
    });
    afterAll(() => server?.[Symbol.asyncDispose]());

    test.each(clientRuntimes.flatMap((runs) => programs.map((each) => ({ ...each, ...runs }))))(
      "$file does on $on what it says",
      async ({ file, prints, on, program, args }) => {
        const result = await run(program, [...args, join(place, file)], {
          capture: true,
          env: { ORIGIN: server.url(""), CHANNEL: `${file}-${on}`, NODE_OPTIONS: "" },
        });

        expect(result).toEqual({ code: 0, output: prints });
      },
    );
  });
});
