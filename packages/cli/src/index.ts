/** The hereabouts command, for programs that embed it. */
export { runCommandLine } from "./command-line.ts";
export { serveOptions } from "./commands/serve.ts";
export { exitCodes } from "./exit-codes.ts";
export { type Io, processIo } from "./io.ts";
