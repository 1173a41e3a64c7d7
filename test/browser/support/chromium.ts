/** A real Chromium for the suite: found, started with an empty profile, closed after. */
import { type Browser, chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findChromium } from "../../../scripts/lib/chromium.mjs";

const program: string | undefined = findChromium();

const switches = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Declares a suite that needs Chromium. Where there is none it is skipped and says why, except on CI, where that is a
 * failure.
 */
export function describeChromium(name: string, body: () => void): void {
  const reason = "there is no Chromium; `node scripts/chromium.mjs` installs it, or says why not";
  if (program === undefined && process.env.CI === "true") return void test(name, () => expect.fail(reason));
  if (program === undefined) console.warn(`Skipped: ${name}: ${reason}`);
  describe.skipIf(program === undefined)(name, body);
}

/** Starts a Chromium with an empty profile that is thrown away. */
export async function openChromium(): Promise<Browser> {
  if (program === undefined) throw new Error("There is no Chromium.");
  return await chromium.launch({ executablePath: program, args: switches, timeout: 60_000 });
}
