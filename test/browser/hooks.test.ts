/** The hooks of `@hereabouts/react` in a real Chromium, against a real server. */
import { resolve } from "node:path";
import { type ServerProcess, startServer } from "@hereabouts/testkit";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeChromium, openChromium } from "./support/chromium.ts";
import { peopleIn } from "./support/people.ts";
import { openSite, type Site } from "./support/site.ts";
import { handshakes, hereNows, openStage, polled } from "./support/stage.ts";
import { watch } from "./support/watcher.ts";

describeChromium("the hooks", () => {
  let browser: Browser;
  let server: ServerProcess;
  let site: Site;
  beforeAll(async () => {
    [browser, server, site] = await Promise.all([
      openChromium(),
      startServer({ runtime: "bun" }),
      openSite(resolve(import.meta.dirname, "pages/hooks"), {
        configFile: false,
        resolve: { conditions: ["source", "module", "browser"] },
        build: { target: "es2022" },
      }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });
  const open = () => openStage({ browser, site, server });

  test("in strict mode join once, ask once who is here, and leave when the provider is unmounted", async () => {
    await using stage = await open();
    using watcher = await watch(server, "strict");

    await stage.show("Lobby", { channel: "strict", isStrict: true });
    await stage.page.getByText("1: ada").waitFor();
    await stage.page.locator(".status", { hasText: /^connected$/ }).waitFor();
    await stage.clear();

    expect(await watcher.until("leave ada 0")).toEqual(["join ada 1", "leave ada 0"]);
    expect(handshakes(stage), stage.story()).toBe(1);
    expect(hereNows(stage, "strict"), stage.story()).toBe(1);
  });

  test("can be shown again after they were unmounted, by a client of their own", async () => {
    await using stage = await open();
    using watcher = await watch(server, "again");

    await stage.show("Lobby", { channel: "again" });
    await stage.page.getByText("1: ada").waitFor();
    await stage.clear();
    await watcher.until("leave ada 0");
    await stage.show("Lobby", { channel: "again", user: "bea" });
    await stage.page.getByText("1: bea").waitFor();

    expect(await watcher.until("join bea 1")).toEqual(["join ada 1", "leave ada 0", "join bea 1"]);
  });

  test("render a component again only for what its selector returns", async () => {
    await using stage = await open();
    const people = peopleIn(server, "readers");
    await people.come("mary");

    await stage.show("Readers", { channel: "readers" });
    await stage.untilNoted("all mary=");
    await people.feel("mary", "glad");
    await stage.untilNoted("all mary=glad");
    await people.come("grace");
    await stage.untilNoted("all grace= mary=glad");
    await people.go("mary");
    await stage.untilNoted("all grace=");

    const notes = await stage.notes();
    const of = (reader: string) => notes.filter((line) => line.startsWith(reader));
    expect(of("grace")).toEqual(["grace false", "grace true"]);
    expect(of("list")).toEqual(["list ", "list mary", "list grace mary", "list grace"]);
    expect(of("count")).toEqual(["count 0", "count 1", "count 2", "count 1"]);
    expect(hereNows(stage, "readers"), stage.story()).toBe(1);
  });

  test("hand a roster from one component to another without asking again, and close it after the last", async () => {
    await using stage = await open();
    await peopleIn(server, "relay").come("mary");

    await stage.show("Relay", { channel: "relay", turn: 1 });
    await stage.page.getByText("1: mary").waitFor();
    await stage.show("Relay", { channel: "relay", turn: 2 });
    await stage.page.getByText("1: mary").waitFor();
    const before = { hereNows: hereNows(stage, "relay"), polled: polled(stage) };
    await stage.show("Relay", { channel: "relay", turn: 3 });
    await expect.poll(() => polled(stage), { timeout: 20_000 }).toEqual(["relay-other-pnpres"]);

    expect(before, stage.story()).toEqual({ hereNows: 1, polled: ["relay-other-pnpres", "relay-pnpres"] });
  });

  test("give events to the handler of the last rendering, without subscribing anew", async () => {
    await using stage = await open();
    const people = peopleIn(server, "listener");

    await stage.show("Listener", { channel: "listener", turn: 1 });
    await stage.page.locator(".status", { hasText: /^connected$/ }).waitFor();
    await people.come("mary");
    await stage.untilNoted("1: join 1");
    await stage.show("Listener", { channel: "listener", turn: 2 });
    await stage.page.getByText("turn 2").waitFor();
    await people.go("mary");
    await stage.untilNoted("2: leave 0");

    expect(await stage.notes()).toEqual(["1: join 1", "2: leave 0"]);
    expect(handshakes(stage), stage.story()).toBe(1);
  });

  test("never show two readers different moments, however slowly they are rendered", async () => {
    await using stage = await open();
    const people = peopleIn(server, "chorus");
    await people.come("mary");
    await stage.show("Chorus", { channel: "chorus" });
    await stage.page.getByText("1: mary").waitFor();

    await stage.page.getByRole("button", { name: "sing" }).click();
    for (const user of ["a", "b", "c", "d"]) await people.come(user);
    await stage.untilNoted("heard 5");

    const heard = (await stage.notes()).filter((line) => line.startsWith("heard"));
    expect(heard.filter((line) => line.includes(" and "))).toEqual([]);
  });

  test("show an own state at once, send no state that is old, and keep the last", async () => {
    await using stage = await open();
    using watcher = await watch(server, "moods");
    await stage.show("Lobby", { channel: "moods" });
    await stage.page.getByText("1: ada").waitFor();

    await stage.page.getByRole("button", { name: "three" }).click();
    await stage.page.locator(".own", { hasText: "blue" }).waitFor();
    await stage.untilNoted("set blue");
    await expect.poll(() => watcher.seen, { timeout: 20_000 }).toHaveLength(3);

    const sent = stage.requests
      .filter(({ pathname }) => pathname.endsWith("/data"))
      .map(({ searchParams }) => searchParams.get("state"));
    expect(sent).toEqual(['{"mood":"red"}', '{"mood":"blue"}']);
    const shown = (await stage.notes()).filter((line) => line.startsWith("own"));
    expect(shown.filter((line, index) => line !== shown[index - 1])).toEqual(["own none", "own blue"]);
    expect(watcher.seen).toEqual(["join ada 1", "state-change ada 1", "state-change ada 1"]);
  });

  test("show what the roster has again when a state is refused", async () => {
    await using stage = await open();
    await stage.show("Lobby", { channel: "refused" });
    await stage.page.getByText("1: ada").waitFor();

    await stage.page.getByRole("button", { name: "wrong" }).click();
    await stage.untilNoted("refused invalid-state");

    await stage.page.locator(".own", { hasText: "none" }).waitFor();
    expect(stage.requests.filter(({ pathname }) => pathname.endsWith("/data"))).toEqual([]);
  });

  test("leave a client alone that somebody else made", async () => {
    await using stage = await open();
    await peopleIn(server, "foreign").come("mary");

    await stage.show("Foreign", { channel: "foreign", turn: 1 });
    await stage.page.getByText("1: mary").waitFor();
    await stage.page.getByRole("button", { name: "say" }).click();
    await stage.untilNoted("published");
    await stage.show("Foreign", { channel: "foreign", turn: 2 });
    await expect.poll(() => polled(stage), { timeout: 20_000 }).toEqual(["foreign-own"]);
    await stage.page.getByRole("button", { name: "publish" }).click();
    await stage.untilNoted("alive");

    expect(await stage.page.locator(".client").textContent()).toBe("ada");
    expect(await stage.notes()).toEqual(["published", "alive"]);
  });

  test("sit in a channel whose roster is read with join", async () => {
    await using stage = await open();
    using watcher = await watch(server, "sitting");

    await stage.show("Sitting", { channel: "sitting" });
    await stage.page.getByText("seated: 1").waitFor();
    await stage.clear();

    expect(await watcher.until("leave ada 0")).toEqual(["join ada 1", "leave ada 0"]);
  });

  test("leave while they are hidden, and join anew when they are shown again", async () => {
    await using stage = await open();
    using watcher = await watch(server, "hideable");

    await stage.show("Hideable", { channel: "hideable", turn: 1 });
    await stage.page.getByText("1: ada").waitFor();
    await stage.show("Hideable", { channel: "hideable", turn: 2 });
    await watcher.until("leave ada 0");
    await stage.show("Hideable", { channel: "hideable", turn: 3 });
    await stage.page.locator(".names[data-complete=true]", { hasText: "1: ada" }).waitFor();
    await peopleIn(server, "hideable").come("bob");

    expect(await watcher.until("join bob 2")).toEqual([
      "join ada 1",
      "leave ada 0",
      "join ada 1",
      "join bob 2",
    ]);
    await stage.page.getByText("2: ada, bob").waitFor();
  });

  test("bring to life what a server has rendered, which shows nobody", async () => {
    await using stage = await open();

    await stage.hydrate("Lobby", { channel: "hydrated" });
    await stage.page.getByText("1: ada").waitFor();

    const notes = await stage.notes();
    expect(notes.filter((line) => !line.startsWith("own"))).toEqual([
      "rendered disconnectednonethreewrong0: ",
    ]);
  });

  test("let an error boundary catch options that break a rule", async () => {
    await using stage = await open();

    await stage.show("Wrong", { channel: "wrong" });

    await stage.page.getByText("invalid-argument").waitFor();
    expect(stage.requests).toEqual([]);
  });
});
