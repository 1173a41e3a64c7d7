/** `npm start [-- flags]`: installs what is missing and serves from the sources. Runs on Node 20 without packages. */
import { launch } from "../packages/cli/bin/launch.mjs";
import { ensurePackages } from "./lib/packages.mjs";

const problem = await ensurePackages();
if (problem === undefined) {
  launch(["serve", ...process.argv.slice(2)], { withParent: process.env.npm_lifecycle_event !== undefined });
} else {
  console.error(problem);
  process.exitCode = 1;
}
