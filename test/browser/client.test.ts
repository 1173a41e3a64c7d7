/** The client in a real Chromium: the scenarios that it passes on Node and on Bun, against servers on both. */
import { resolve } from "node:path";
import { runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { carriages, scenarios } from "../../packages/client/test/support/scenarios.ts";
import assert, { isDeepEqual } from "./pages/client/assert.ts";
import type {} from "./pages/client/main.ts";
import { describeChromium, openChromium } from "./support/chromium.ts";
import { openSite, type Site } from "./support/site.ts";

const folder = resolve(import.meta.dirname, "pages/client");

describeChromium("the client in Chromium", () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([
      openChromium(),
      openSite(folder, {
        configFile: false,
        resolve: {
          conditions: ["source", "module", "browser"],
          alias: { "node:assert/strict": resolve(folder, "assert.ts") },
        },
        define: { "process.pid": "0" },
        build: { target: "es2022" },
      }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });

  describe.each(runtimes)("against a server on %s", (runtime) => {
    let server: ServerProcess;
    let page: Page;
    beforeAll(async () => {
      server = await startServer({ runtime });
      page = await browser.newPage();
      await page.goto(site.address);
    });
    afterAll(async () => {
      await page?.close();
      await server?.[Symbol.asyncDispose]();
    });

    describe.each(carriages)("with stream %s", (stream) => {
      test.each(scenarios)("$name", async ({ name }) => {
        await page.evaluate(([wanted, origin, how]) => window.runScenario(wanted, origin, how), [
          name,
          server.url(""),
          stream,
        ] as const);
      });
    });
  });

  test("a scenario that fails is a failure here", async () => {
    const page = await browser.newPage();
    await page.goto(site.address);
    const [{ name } = { name: "" }] = scenarios.filter((one) => one.name.includes("refuses"));

    await expect(
      page.evaluate(([wanted]) => window.runScenario(wanted, "http://127.0.0.1:9", "auto"), [name] as const),
    ).rejects.toThrow('is "network", not "refused"');
    await page.close();
  });
});

describe("the page's own assertions", () => {
  test.each([
    [1, 1, true],
    [Number.NaN, Number.NaN, true],
    [{ a: undefined }, {}, false],
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, true],
    [{ a: [1, { b: null }] }, { a: [1, { b: undefined }] }, false],
    [[1, 2], [1], false],
    [[], {}, false],
    ["1", 1, false],
  ])("find %j and %j equal: %s", (left, right, isEqual) => {
    expect(isDeepEqual(left, right)).toBe(isEqual);
  });

  test("fail for a promise that resolves, and for a rejection of another kind", async () => {
    await expect(assert.rejects(Promise.resolve(1), { code: "x" })).rejects.toThrow("It did not reject");
    await expect(assert.rejects(Promise.reject({ code: "y" }), { code: "x" })).rejects.toThrow(
      'is "y", not "x"',
    );
    await expect(assert.rejects(Promise.reject({ code: "x" }), { code: "x" })).resolves.toBeUndefined();
  });
});
