/** The example `who-is-online`, built and opened in Chromium, against a real server; seen from outside by raw requests. */
import { resolve } from "node:path";
import { type ServerProcess, startServer } from "@hereabouts/testkit";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeChromium, openChromium } from "./support/chromium.ts";
import { peopleIn } from "./support/people.ts";
import { openSite, type Site } from "./support/site.ts";
import { watch } from "./support/watcher.ts";

const example = resolve(import.meta.dirname, "../../examples/who-is-online");

describeChromium("who is online", () => {
  let browser: Browser;
  let server: ServerProcess;
  let site: Site;
  beforeAll(async () => {
    const vite = { configFile: resolve(example, "vite.config.ts") };
    [browser, server, site] = await Promise.all([
      openChromium(),
      startServer({ runtime: "bun" }),
      openSite(example, vite),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  async function enter(context: BrowserContext, channel: string, user: string): Promise<Page> {
    const page = await context.newPage();
    const query = new URLSearchParams({ channel, user, origin: `http://${server.origin}` });
    await page.goto(`${site.address}?${query}`);
    await person(page, user).waitFor();
    return page;
  }

  async function inAContext(run: (context: BrowserContext) => Promise<void>): Promise<void> {
    const context = await browser.newContext();
    context.setDefaultTimeout(20_000);
    try {
      await run(context);
    } finally {
      await context.close();
    }
  }

  const person = (page: Page, user: string) => page.locator(`.person[data-user="${user}"]`);

  test("three tabs of one user join once, and leave once, when the last is closed", () =>
    inAContext(async (context) => {
      using watcher = await watch(server, "tabs");

      const tabs = [];
      for (let count = 0; count < 3; count += 1) tabs.push(await enter(context, "tabs", "ada"));
      for (const tab of tabs) await tab.getByText("1 person here").waitFor();
      for (const tab of tabs) await tab.close({ runBeforeUnload: true });

      await watcher.until("leave ada 0");
      await peopleIn(server, "tabs").come("bob");

      expect(await watcher.until("join bob 1")).toEqual(["join ada 1", "leave ada 0", "join bob 1"]);
    }));

  test("two users see each other come, type, say something and go", () =>
    inAContext(async (context) => {
      const ada = await enter(context, "pair", "Ada Lovelace");
      const grace = await enter(context, "pair", "Grace Hopper");
      await person(ada, "Grace Hopper").waitFor();
      await person(grace, "Ada Lovelace").waitFor();
      await ada.getByRole("log").getByText("Grace Hopper came").waitFor();

      const [field, button] = [
        grace.getByLabel("What are you up to?"),
        grace.getByRole("button", { name: "Say so" }),
      ];
      await field.fill("Finding a moth");
      await person(ada, "Grace Hopper").getByText("typing").waitFor();
      await button.click();
      await person(ada, "Grace Hopper").getByText("Finding a moth").waitFor();
      await grace.close({ runBeforeUnload: true });
      await ada.getByRole("log").getByText("Grace Hopper left").waitFor();
      await person(ada, "Grace Hopper").waitFor({ state: "detached" });

      expect(await ada.locator(".person").count()).toBe(1);
      expect(await ada.locator(".log li span").allInnerTexts()).toEqual([
        "Grace Hopper left",
        "Grace Hopper came",
        ...(await ada.getByText("You are here").allInnerTexts()),
      ]);
    }));

  test("a frozen page keeps its seat, and wakes up to what has happened without a flicker", () =>
    inAContext(async (context) => {
      using watcher = await watch(server, "sleep");
      const ada = await enter(context, "sleep", "ada");
      await recordPeople(ada);
      const lifecycle = await context.newCDPSession(ada);

      await lifecycle.send("Page.setWebLifecycleState", { state: "frozen" });
      const grace = await enter(context, "sleep", "grace");
      await watcher.until("join grace 2");
      await lifecycle.send("Page.setWebLifecycleState", { state: "active" });
      await person(ada, "grace").waitFor();
      await say(ada, "Back again");
      await person(grace, "ada").getByText("Back again").waitFor();

      expect(await peopleOver(ada)).toEqual(["ada", "ada, grace"]);
      expect(withoutStates(watcher.seen)).toEqual(["join ada 1", "join grace 2"]);
    }));

  test("a page that was offline comes back by itself and has missed nothing", () =>
    inAContext(async (context) => {
      using watcher = await watch(server, "tunnel");
      // Taking a page offline leaves its sockets alone: without them it polls.
      await context.addInitScript("delete globalThis.WebSocket");
      const ada = await enter(context, "tunnel", "ada");
      const other = await browser.newContext();
      other.setDefaultTimeout(20_000);

      await context.setOffline(true);
      // The poll that is held is answered with this; it is the next that fails.
      const grace = await enter(other, "tunnel", "grace");
      await ada.getByText("Reconnecting…").waitFor();
      await enter(other, "tunnel", "mary");
      await grace.close({ runBeforeUnload: true });
      await watcher.until("leave grace 2");
      await context.setOffline(false);
      await ada.getByText("Live").waitFor();
      await ada.getByRole("log").getByText("grace left").waitFor();
      await ada.getByRole("log").getByText("mary came").waitFor();
      await person(ada, "mary").waitFor();
      await person(ada, "grace").waitFor({ state: "detached" });

      expect(await ada.locator(".log li span").allInnerTexts()).toEqual([
        "grace left",
        "mary came",
        "grace came",
        ...(await ada.getByText("You are here").allInnerTexts()),
      ]);
      expect(await ada.locator(".person").count()).toBe(2);
      expect(watcher.seen).toEqual(["join ada 1", "join grace 2", "join mary 3", "leave grace 2"]);
      await other.close();
    }));
});

async function say(page: Page, note: string): Promise<void> {
  await page.getByLabel("What are you up to?").fill(note);
  await page.getByRole("button", { name: "Say so" }).click();
}

/** Notes every list of people that the page shows from now on. */
async function recordPeople(page: Page): Promise<void> {
  await page.evaluate(() => {
    const names = (): string =>
      [...document.querySelectorAll<HTMLElement>(".person")].map(({ dataset }) => dataset.user).join(", ");
    const lists = [names()];
    Object.assign(window, { lists });
    new MutationObserver(() => {
      if (lists.at(-1) !== names()) lists.push(names());
    }).observe(document.body, { childList: true, subtree: true });
  });
}

function peopleOver(page: Page): Promise<unknown> {
  return page.evaluate(() => Reflect.get(window, "lists"));
}

function withoutStates(seen: readonly string[]): readonly string[] {
  return seen.filter((sighting) => !sighting.startsWith("state-change"));
}
