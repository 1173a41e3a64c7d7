/** Runs the command line in this process. `bin/hereabouts.mjs` finds the runtime and starts this. */
import process from "node:process";
import { runCommandLine } from "./command-line.ts";
import { processIo } from "./io.ts";

// Ends the process also when something is left open, such as a stop that takes too long.
process.exit(await runCommandLine(process.argv.slice(2), processIo()));
