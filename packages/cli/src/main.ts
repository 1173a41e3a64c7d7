/** Runs the command line in this process. `bin/hereabouts.mjs` finds the runtime and starts this. */
import process from "node:process";
import { runCommandLine } from "./command-line.ts";
import { processIo } from "./io.ts";

const io = processIo();
const code = await runCommandLine(process.argv.slice(2), io);
await io.flush();
// Ends the process also when something is left open, such as a stop that takes too long.
process.exit(code);
