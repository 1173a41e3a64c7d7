/** Whether the clients of worlds in memory have streams: files of tests run over polls, and again over streams. */
import { test } from "vitest";

/** What carries events. */
export type Carriage = "poll" | "stream";

let current: Carriage = "poll";

/** What clients have that do not say. */
export function carriage(): Carriage {
  return current;
}

/** Lets all clients of this file of tests have streams. To be called before anything is opened. */
export function useStreams(): void {
  current = "stream";
}

/** What registers tests. */
type Registrar = Pick<typeof test, "each"> & ((name: string, run: () => unknown, timeoutMs?: number) => void);

const nothing = Object.assign(() => {}, { each: (() => () => {}) as typeof test.each });

/** Registers tests of what only polls do, request by request: over streams there are none, and none is registered. */
export const polled = (): Registrar => (carriage() === "poll" ? test : nothing);
