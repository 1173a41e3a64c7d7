/** `npm run sim`: runs seeds, and says which fail and how to see why. */
import { help, parseOptions } from "./options.ts";
import { runSeeds } from "./run.ts";

const options = parseOptions(process.argv.slice(2));
if (options === "help") console.log(help);
else if (typeof options === "string") {
  console.error(options);
  process.exitCode = 2;
} else {
  process.exitCode = (await runSeeds(options, console.log)) === 0 ? 0 : 1;
}
