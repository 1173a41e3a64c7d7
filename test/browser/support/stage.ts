/** A stage in Chromium: shows scenes, and knows every request that they send. */
import type { ServerProcess } from "@hereabouts/testkit";
import type { Browser, Page } from "playwright-core";
import type {} from "../pages/hooks/main.tsx";
import type { SceneName, SceneProps } from "../pages/hooks/scenes.tsx";
import type { Site } from "./site.ts";

/** A page with nothing on it. */
export interface Stage extends AsyncDisposable {
  readonly page: Page;
  /** Paths and queries of the page's requests to the service so far, in order. */
  readonly requests: readonly URL[];
  /** Every request, answer and failure in order, to be read when a test fails. */
  story(): string;
  show(name: SceneName, props: Partial<SceneProps> & { readonly channel: string }): Promise<void>;
  /** Shows a scene as a server renders it, then brings it to life. */
  hydrate(name: SceneName, props: Partial<SceneProps> & { readonly channel: string }): Promise<void>;
  clear(): Promise<void>;
  /** What scenes have noted so far. */
  notes(): Promise<readonly string[]>;
  /** Resolves when a scene has noted this. */
  untilNoted(line: string): Promise<void>;
}

/** Where a stage stands. */
export interface StagePlace {
  readonly browser: Browser;
  readonly site: Site;
  readonly server: ServerProcess;
}

/** Opens a page in a context of its own. */
export async function openStage({ browser, site, server }: StagePlace): Promise<Stage> {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const requests: URL[] = [];
  const story: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.host !== server.origin) return;
    requests.push(url);
    story.push(`sent ${url.pathname}${url.search}`);
  });
  page.on("requestfinished", (request) => story.push(`done ${request.url()}`));
  page.on("requestfailed", (request) => story.push(`${request.failure()?.errorText} ${request.url()}`));
  await page.goto(site.address);
  const whole = (props: Partial<SceneProps> & { readonly channel: string }): SceneProps => ({
    origin: `http://${server.origin}`,
    user: "ada",
    ...props,
  });
  return {
    page,
    requests,
    story: () => story.join("\n"),
    show: (name, props) =>
      page.evaluate(([scene, given]) => window.stage.show(scene, given), [name, whole(props)] as const),
    hydrate: (name, props) =>
      page.evaluate(([scene, given]) => window.stage.hydrate(scene, given), [name, whole(props)] as const),
    clear: () => page.evaluate(() => window.stage.clear()),
    notes: () => page.evaluate(() => window.stage.notes),
    untilNoted: async (line) => {
      await page.waitForFunction((wanted) => window.stage.notes.includes(wanted), line);
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** How often a stage has asked who is here now in a channel. */
export function hereNows({ requests }: Stage, channel: string): number {
  return requests.filter(({ pathname }) => pathname.endsWith(`/channel/${channel}`)).length;
}

/** How often a stage has polled from the beginning. */
export function handshakes({ requests }: Stage): number {
  return requests.filter(({ pathname, searchParams }) => isPoll(pathname) && searchParams.get("tt") === "0")
    .length;
}

/** The channels of the last poll. */
export function polled({ requests }: Stage): readonly string[] {
  const poll = requests.findLast(({ pathname }) => isPoll(pathname));
  return decodeURIComponent(poll?.pathname.split("/")[4] ?? "")
    .split(",")
    .sort();
}

function isPoll(pathname: string): boolean {
  return pathname.startsWith("/v2/subscribe/");
}
