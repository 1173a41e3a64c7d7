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

/** Tests of what only polls do, request by request: over streams there are none. */
export const polled = (): ReturnType<typeof test.runIf> => test.runIf(carriage() === "poll");
