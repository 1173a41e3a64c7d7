/** Starts the child process on a runtime and reads what it reports. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Runtime, runtimePath } from "@hereabouts/testkit";
import { onTestFinished } from "vitest";

const script = fileURLToPath(new URL("child.ts", import.meta.url));

/** A running child. */
export interface Child {
  /** What it reports, value by value, until it ends. */
  readonly reports: AsyncIterable<unknown>;
  /** Ends it without a chance to clean up. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts the child; it is killed at the latest when the test is over. */
export function spawnChild(runtime: Runtime, what: string, path: string): Child {
  const child = spawn(runtimePath(runtime), ["--conditions=source", script, what, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  onTestFinished(kill);
  return { reports: reportsOf(child), kill };
}

async function* reportsOf({ stdout }: ChildProcess): AsyncIterable<unknown> {
  if (stdout === null) return;
  for await (const line of createInterface({ input: stdout })) {
    try {
      yield JSON.parse(line);
    } catch {
      // The last line of a killed process may be cut.
      return;
    }
  }
}
