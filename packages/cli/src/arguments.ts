/** Splits a command's arguments into flags, and finds everything that is wrong with them. */
import { type GivenFlag, hint, type Option } from "@hereabouts/server";

/** What was given. */
export interface GivenArguments {
  /** Flags with their values, `""` for flags without one; in the order given. */
  readonly flags: readonly GivenFlag[];
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Flags by these options: `--port 7400` or `--port=7400`. Everything else is a problem. */
export function parseArguments(args: readonly string[], options: readonly Option[]): GivenArguments {
  const flags: GivenFlag[] = [];
  const problems: string[] = [];
  const known = options.map(({ flag }) => flag);
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    const [flag = "", inline] = splitOnce(argument);
    const option = options.find((one) => one.flag === flag);
    const next = args[index + 1];
    if (!argument.startsWith("-")) {
      problems.push(`unexpected argument ${JSON.stringify(argument)}`);
    } else if (option === undefined) {
      problems.push(`unknown flag ${flag}; ${hint(flag, known)}`);
      // What follows an unknown flag is most likely its value.
      if (inline === undefined && next !== undefined && !next.startsWith("-")) index += 1;
    } else if (option.placeholder === undefined) {
      if (inline === undefined) flags.push({ flag, text: "" });
      else problems.push(`${flag} takes no value`);
    } else if (inline !== undefined) {
      flags.push({ flag, text: inline });
    } else if (next === undefined || next.startsWith("--")) {
      problems.push(`${flag} needs a value: ${flag} ${option.placeholder}`);
    } else {
      flags.push({ flag, text: next });
      index += 1;
    }
  }
  return { flags, problems };
}

function splitOnce(argument: string): readonly [string, string | undefined] {
  const sign = argument.indexOf("=");
  return sign < 0 ? [argument, undefined] : [argument.slice(0, sign), argument.slice(sign + 1)];
}
