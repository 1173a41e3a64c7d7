/** Runs the suite's Python programs, in the environment that has the published client. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompatServer, type KeysetName, keysetOf } from "./compat-server.ts";

/** One thing a program has seen. */
export interface Observation {
  readonly name: string;
  readonly value: unknown;
}

/** Where a program runs, and with what. */
export interface Scenario {
  readonly server: CompatServer;
  readonly keyset: KeysetName;
  readonly arguments?: readonly string[];
}

const suite = resolve(import.meta.dirname, "..");
const environment = resolve(suite, "../../.cache/python");
const programWithinMs = 60_000;

/**
 * Declares a suite that needs the Python client. Where there is none it is skipped and says why, except on
 * CI, where that is a failure.
 */
export function describePython(name: string, body: () => void): void {
  const missing = missingReason();
  if (missing === undefined) return void describe(name, body);
  if (process.env.CI === "true") return void test(name, () => expect.fail(missing));
  console.warn(`Skipped: ${name}: ${missing}`);
  describe.skip(name, body);
}

function missingReason(): string | undefined {
  if (existsSync(pythonPath())) return undefined;
  return "there is no .cache/python; `node scripts/python-venv.mjs` makes it, or says why not";
}

/** Runs a program of `python/` to its end and hands out its observations, in order. */
export async function observationsOf(program: string, scenario: Scenario): Promise<readonly Observation[]> {
  const text = await outputOf(join(suite, "python", program), scenario);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(parseObservation);
}

/** Runs any program of the suite to its end and hands out what it printed. Rejects with its complaints. */
export function outputOf(path: string, { server, keyset, arguments: words = [] }: Scenario): Promise<string> {
  const keys = keysetOf(keyset);
  const env = {
    ...process.env,
    ORIGIN: server.origin,
    SUBSCRIBE_KEY: keys.subscribeKey,
    PUBLISH_KEY: keys.publishKey,
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONIOENCODING: "utf-8",
    no_proxy: "127.0.0.1",
  };
  return new Promise((settle, reject) => {
    const started = ["-W", "ignore", path, ...words];
    execFile(pythonPath(), started, { env, timeout: programWithinMs }, (error, stdout, stderr) => {
      if (error === null) return settle(stdout);
      reject(new Error(`${path} failed.\n${stderr}\nIt had printed:\n${stdout}`, { cause: error }));
    });
  });
}

/** The Python that has the published client. */
export function pythonPath(): string {
  return process.platform === "win32"
    ? join(environment, "Scripts", "python.exe")
    : join(environment, "bin", "python");
}

function parseObservation(line: string): Observation {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== "object" || parsed === null || !("name" in parsed) || !("value" in parsed)) {
    throw new Error(`Not an observation: ${line}`);
  }
  return { name: String(parsed.name), value: parsed.value };
}
