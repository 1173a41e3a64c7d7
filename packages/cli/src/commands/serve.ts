/** `hereabouts serve`: runs a node until it is told to stop. */
import {
  type Configuration,
  createLog,
  createSystemScheduler,
  type GivenFlag,
  nodeOptions,
  type Option,
  parseConfiguration,
  printConfiguration,
  printOptions,
  printPolicyFields,
  RefusedSettingsError,
  type RunningServer,
  runServer,
  runtimeName,
  type Settings,
  StartCancelledError,
} from "@hereabouts/server";
import { parseArguments } from "../arguments.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { startProblem } from "../start-problem.ts";
import { packageVersion } from "../version.ts";

/** Milliseconds a node may take to stop, beyond its drain, before the process ends all the same. */
export const stopPatienceMs = 10_000;

/**
 * Within this many milliseconds a second signal is the first one again: a terminal sends Ctrl-C to every program, and
 * npm passes its own on.
 */
const sameSignalMs = 1_000;

const runtimeOption: Option = {
  key: undefined,
  flag: "--runtime",
  environment: "HEREABOUTS_RUNTIME",
  placeholder: "RUNTIME",
  range: "auto, bun, node",
  standard: "auto",
  description: "What to run on: auto takes Bun 1.4 or newer when there is one, else Node.js 24 or newer.",
};

const printConfigOption: Option = {
  key: undefined,
  flag: "--print-config",
  environment: undefined,
  placeholder: undefined,
  range: undefined,
  standard: undefined,
  description: "Prints what is in force as JSON, with the source of each value, and starts nothing.",
};

const helpOption: Option = {
  key: undefined,
  flag: "--help",
  environment: undefined,
  placeholder: undefined,
  range: undefined,
  standard: undefined,
  description: "Prints this help.",
};

/** Every option of `serve`, in the order in which they are shown. */
export const serveOptions: readonly Option[] = [...nodeOptions, runtimeOption, printConfigOption, helpOption];

/** What somebody wants of `serve`. */
export type ServeWish =
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  | { readonly kind: "print"; readonly configuration: Configuration }
  | {
      readonly kind: "run";
      readonly configuration: Configuration;
      /** Understands the same arguments again, with the files as they are by then. */
      readonly readAgain: () => ServeWish;
    };

/** Understands the arguments after `serve`, with the files and variables they rest on. Starts nothing. */
export function parse(args: readonly string[], io: Io): ServeWish {
  if (args.includes("--help") || args.includes("-h")) return { kind: "help" };
  const { flags, problems } = parseArguments(args, serveOptions);
  const parsed = parseConfiguration({ flags, environment: io.environment, readText: io.readText });
  const all = [...problems, ...runtimeProblems(flags), ...(parsed.ok ? [] : parsed.problems)];
  if (!parsed.ok || all.length > 0) return { kind: "refused", problems: all };
  const isPrint = flags.some(({ flag }) => flag === printConfigOption.flag);
  const { configuration } = parsed;
  if (isPrint) return { kind: "print", configuration };
  return { kind: "run", configuration, readAgain: () => parse(args, io) };
}

/** Does what is wished. Resolves with the exit code; a node's when it has stopped. */
export async function run(wish: ServeWish, io: Io): Promise<number> {
  switch (wish.kind) {
    case "help":
      io.out(serveHelp());
      return exitCodes.done;
    case "refused":
      for (const problem of wish.problems) io.err(`hereabouts: ${problem}\n`);
      return exitCodes.refused;
    case "print":
      io.out(printConfiguration(wish.configuration));
      return exitCodes.done;
    case "run":
      return await serve(wish, io);
  }
}

/** The help of `serve`. */
export function serveHelp(): string {
  return `Usage: hereabouts serve [options]

Runs a node until it is told to stop (Ctrl-C, SIGTERM). What it says about itself goes to standard error, one JSON
line each. Told by SIGUSR2, it reads its configuration again and takes the keysets that it finds, without a restart.

Options, each with [what it may be; its default; its environment variable]:
${printOptions(serveOptions)}

A file and HEREABOUTS_KEYSETS may say more about a keyset, beside "subscribeKey" and "publishKey":
${printPolicyFields()}

A file, all of whose keys are optional:
  {
    "host": "0.0.0.0",
    "port": 7400,
    "keysets": [{ "subscribeKey": "my-sub", "publishKey": "my-pub", "presenceTimeoutSeconds": 60 }]
  }
`;
}

/** The runtime is chosen before this program runs; here it is only made sure that it was. */
function runtimeProblems(flags: readonly GivenFlag[]): readonly string[] {
  return flags
    .filter(({ flag }) => flag === runtimeOption.flag)
    .flatMap(({ text }) => {
      if (text !== "auto" && text !== "bun" && text !== "node") {
        return [`--runtime: ${JSON.stringify(text)} is not one of ${runtimeOption.range}`];
      }
      const isWished = text === "auto" || runtimeName().toLowerCase().startsWith(text);
      return isWished ? [] : [`--runtime: ${text} is asked for, but this is ${runtimeName()}`];
    });
}

async function serve(wish: ServeWish & { readonly kind: "run" }, io: Io): Promise<number> {
  const { settings } = wish.configuration;
  // From the first moment on: whoever stops a node that has only just begun gets a clean end too.
  const toldWhileStarting = new AbortController();
  const told = new Promise<void>((resolve) => {
    io.onStop(() => {
      toldWhileStarting.abort();
      resolve();
    });
  });
  let server: RunningServer | undefined;
  let isReloadWanted = false;
  // From the first moment on, too: the signal would end a process that does not listen for it.
  io.onReload(() => {
    if (server === undefined) isReloadWanted = true;
    else void reload(wish, server, io);
  });
  try {
    server = await runServer(settings, createLog(settings.logLevel), toldWhileStarting.signal);
  } catch (error) {
    if (error instanceof StartCancelledError) return exitCodes.done;
    const isRefused = error instanceof RefusedSettingsError;
    io.err(`hereabouts: ${isRefused ? error.message : await startProblem(error, settings)}\n`);
    return isRefused ? exitCodes.refused : exitCodes.failed;
  }
  io.out(welcome(server));
  if (isReloadWanted) void reload(wish, server, io);
  await told;
  return await stop(server, settings.drainSeconds * 1_000 + stopPatienceMs, io);
}

/** What a node says when it listens. */
function welcome({ url, isDemo }: RunningServer): string {
  const lines = [`Hereabouts ${packageVersion()} on ${runtimeName()} listens on ${url}`];
  if (isDemo) {
    const presence = `${url}/v2/presence/sub-key/demo/channel/lobby`;
    lines.push(
      "No keysets are set, so this is a demonstration: everybody on this machine may use the keys demo and demo.",
      `  join      curl '${presence}/heartbeat?uuid=ann&heartbeat=300'`,
      `  here now  curl '${presence}'`,
      `  watch     curl '${url}/v2/subscribe/demo/lobby-pnpres/0?uuid=bob&tt=1'`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** Takes the keysets of the configuration as it is by now. What is wrong with it changes nothing. */
async function reload(
  { configuration, readAgain }: ServeWish & { readonly kind: "run" },
  server: RunningServer,
  io: Io,
): Promise<void> {
  const wish = readAgain();
  if (wish.kind === "refused") {
    for (const problem of wish.problems) io.err(`hereabouts: not read again: ${problem}\n`);
    return;
  }
  if (wish.kind !== "run") return;
  const { settings } = wish.configuration;
  const kept = restartSettings(configuration.settings, settings);
  if (kept.length > 0) io.err(`hereabouts: in force only after a restart: ${kept.join(", ")}\n`);
  if (settings.keysets === undefined) {
    io.err("hereabouts: read again: no keysets are set, so those in force stay\n");
    return;
  }
  try {
    await server.replaceKeysets(settings.keysets);
  } catch (error) {
    io.err(`hereabouts: the keysets were not replaced: ${messageOf(error)}\n`);
  }
}

/** The settings that are another than those the node runs with, keysets apart. */
function restartSettings(running: Settings, read: Settings): readonly string[] {
  const keys = Object.keys(running) as readonly (keyof Settings)[];
  return keys.filter((key) => key !== "keysets" && running[key] !== read[key]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Stops a node. Being told again ends it at once, and so does taking too long. */
async function stop(server: RunningServer, patienceMs: number, io: Io): Promise<number> {
  const scheduler = createSystemScheduler();
  const toldAt = scheduler.now();
  const impatience = new Promise<number>((resolve) => {
    scheduler.at(toldAt + patienceMs, () => {
      io.err(`hereabouts: not stopped after ${patienceMs / 1_000} seconds; ending all the same\n`);
      resolve(exitCodes.failed);
    });
    io.onStop(() => {
      if (scheduler.now() - toldAt >= sameSignalMs) resolve(exitCodes.failed);
    });
  });
  return await Promise.race([server.stop().then(() => exitCodes.done), impatience]);
}
