/** `node scripts/chromium.mjs`: sees to it that the browser suite has a Chromium, and says where; at once when it is there. */
import { ensureChromium, findChromium } from "./lib/chromium.mjs";

const problem = await ensureChromium();
if (problem === undefined) {
  console.log(findChromium());
} else {
  console.error(`The browser suite cannot be run: ${problem}.`);
  process.exitCode = 1;
}
