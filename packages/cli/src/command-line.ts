/** The `hereabouts` command: finds the command that is meant and runs it. */
import { hint } from "@hereabouts/server";
import * as serve from "./commands/serve.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./version.ts";

const help = `Usage: hereabouts <command> [options]

A self-hosted presence service: who is here now, where is this user now, in what state.

Commands:
  serve        runs a node; hereabouts serve --help lists its options

Options:
  --help       prints this help, or a command's
  --version    prints the version
`;

const known = ["serve", "--help", "--version"];

/** Runs the command these arguments name. Resolves with the exit code. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args;
  switch (first) {
    case "serve":
      return await serve.run(serve.parse(rest, io), io);
    case "--help":
    case "-h":
      io.out(help);
      return exitCodes.done;
    case "--version":
      io.out(`${packageVersion()}\n`);
      return exitCodes.done;
    case undefined:
      io.err(help);
      return exitCodes.refused;
    default:
      io.err(
        `hereabouts: unknown ${first.startsWith("-") ? "flag" : "command"} ${first}; ${hint(first, known)}\n`,
      );
      return exitCodes.refused;
  }
}
