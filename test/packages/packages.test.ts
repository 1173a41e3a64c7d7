/** The packages as they are published: their size, their public surface, their tarballs, and the SDK installed from one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimes, startServer } from "@hereabouts/testkit";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiReport, reported, reportPath } from "../../scripts/lib/api-report.ts";
import { pack, published, publishedManifest } from "../../scripts/lib/pack.ts";
import { root } from "../../scripts/lib/root.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { budgets, sizeOf } from "../../scripts/lib/size.ts";

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

test.each(budgets)("the SDK's $name is within its $bytesMax bytes", async ({ entry, bytesMax }) => {
  expect(await sizeOf(entry)).toBeLessThanOrEqual(bytesMax);
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

test.each(runtimes)(
  "the SDK works from its tarball in an empty folder, against a server on %s",
  async (runtime) => {
    const place = mkdtempSync(join(folder, "app-"));
    writeFileSync(join(place, "package.json"), '{ "name": "app", "private": true, "type": "module" }\n');
    writeFileSync(
      join(place, "app.js"),
      `import { createClient } from "@hereabouts/client";
await using client = createClient({ origin: process.env.ORIGIN, subscribeKey: "demo", userId: "ann" });
const { occupants } = await client.roster("lobby").ready();
const roster = client.roster("lobby", { join: "join" });
for await (const { occupants } of roster) if (occupants.has("ann")) break;
console.log(occupants.size, [...roster.snapshot.occupants.keys()].join());
`,
    );
    const install = [
      "install",
      tarballOf("client"),
      "--prefix",
      place,
      "--offline",
      "--no-audit",
      "--no-fund",
    ];
    const installed = await run("npm", install, { capture: true, shell: process.platform === "win32" });
    expect(installed).toEqual({ code: 0, output: expect.any(String) });
    await using server = await startServer({ runtime });

    const { code, output } = await run(process.execPath, [join(place, "app.js")], {
      capture: true,
      env: { ORIGIN: server.url(""), NODE_OPTIONS: "" },
    });

    expect({ code, output }).toEqual({ code: 0, output: "0 ann\n" });
  },
);
