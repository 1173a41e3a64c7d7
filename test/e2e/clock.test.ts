/** A wall clock that jumps, as clocks do when somebody sets them. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Runtime, runtimes, type ServerProcess, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/folder.ts";
import { follow } from "./support/follower.ts";
import { eventOf, handshake, heartbeat, occupants, publish, time } from "./support/service.ts";
import { until } from "./support/until.ts";

const hourMs = 3_600_000;
const timeoutSeconds = 3;
/** How late a timeout may be seen on a busy machine, in milliseconds. */
const slackMs = 3_000;

const steps: readonly (readonly [string, number])[] = [
  ["forward", hourMs],
  ["back", -hourMs],
];

describe.each(runtimes)("on %s", (runtime) => {
  it.each(steps)(
    "an hour's step %s ends no seat early or late, and timetokens keep rising",
    async (_name, stepMs) => {
      using folder = makeFolder();
      await using server = await startSteppable(runtime, folder.join("offset"), {});
      const { port } = server;
      using observer = follow(port, "hall,hall-pnpres", "observer", await time(port));
      await heartbeat(port, "hall", "patient", 300);
      const before = BigInt(await publish(port, "hall", "before"));
      const seatedAt = performance.now();
      await heartbeat(port, "hall", "brief", timeoutSeconds);

      await server.step(stepMs);
      const steppedAt = performance.now();
      const stillThere = await occupants(port, "hall");
      // The service tells a time just below what the same millisecond may bring: asked for first, it comes first.
      const after = [await time(port), await publish(port, "hall", "after")].map(BigInt);
      await observer.saw("the message after the step", (item) => item.d === "after");
      const timeout = await observer.saw("the timeout", (item) => isTimeout(item.d));
      const endedAfterMs = performance.now() - seatedAt;

      expect(steppedAt - seatedAt).toBeLessThan(timeoutSeconds * 1_000);
      expect(stillThere).toEqual(expect.arrayContaining(["patient", "brief", "observer"]));
      expect(eventOf(timeout)).toEqual(expect.objectContaining({ uuid: "brief", occupancy: 2 }));
      // The steady clock may run faster by 500 parts in a million to follow the wall clock.
      expect(endedAfterMs).toBeGreaterThan(timeoutSeconds * 1_000 * 0.999);
      expect(endedAfterMs).toBeLessThan(timeoutSeconds * 1_000 + slackMs);
      expect(await occupants(port, "hall")).toEqual(expect.arrayContaining(["patient", "observer"]));
      const rising = [before, ...after, BigInt(timeout.p.t), BigInt(await publish(port, "hall", "end"))];
      expect(rising).toEqual([...rising].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(rising).size).toBe(rising.length);
    },
  );

  it("a restart with the clock an hour back keeps seats, timetokens and cursors going", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    const first = await startSteppable(runtime, folder.join("offset"), { data });
    const { port } = first;
    await heartbeat(port, "hall", "patient", 300);
    await heartbeat(port, "hall", "brief", timeoutSeconds);
    const before = BigInt(await publish(port, "hall", "before"));
    const cursor = await handshake(port, "hall-pnpres", "observer");
    await first.stop();

    const startedAt = performance.now();
    await using again = await startSteppable(runtime, folder.join("offset"), {
      data,
      port,
      offsetMs: -hourMs,
    });
    const stillThere = await occupants(again.port, "hall");
    const position = BigInt(await handshake(again.port, "news", "reader"));
    using observer = follow(again.port, "hall,hall-pnpres", "observer", cursor);
    const after = BigInt(await publish(again.port, "hall", "after"));
    await observer.saw("the message", (item) => item.d === "after");
    const timeout = await observer.saw("the timeout", (item) => isTimeout(item.d));
    const endedAfterMs = performance.now() - startedAt;

    expect(stillThere).toEqual(["patient", "brief"]);
    expect(position).toBeGreaterThanOrEqual(before);
    expect(after).toBeGreaterThan(BigInt(cursor));
    expect(eventOf(timeout)).toEqual(expect.objectContaining({ uuid: "brief" }));
    expect(BigInt(timeout.p.t)).toBeGreaterThan(after);
    expect(endedAfterMs).toBeLessThan(timeoutSeconds * 1_000 + slackMs);
    expect(await occupants(again.port, "hall")).toEqual(expect.arrayContaining(["patient", "observer"]));
  });

  it("a kill and a restart with the clock an hour back give out no timetoken twice", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    await using first = await startSteppable(runtime, folder.join("offset"), { data });
    const { port } = first;
    await publish(port, "hall", "before");
    const cursor = await handshake(port, "hall", "reader");
    const before = BigInt(await publish(port, "hall", "last"));
    first.kill("SIGKILL");
    await first.exited;

    await using again = await startSteppable(runtime, folder.join("offset"), {
      data,
      port,
      offsetMs: -hourMs,
    });
    using reader = follow(again.port, "hall", "reader", cursor);
    const after = BigInt(await publish(again.port, "hall", "after"));
    await reader.saw("the message", (item) => item.d === "after");

    expect(after).toBeGreaterThan(before);
    expect(reader.items.map((item) => item.d)).toEqual(["after"]);
  });
});

interface Steppable extends ServerProcess {
  /** Sets how far the server's wall clock is off, and waits until it is. */
  step(offsetMs: number): Promise<void>;
}

async function startSteppable(
  runtime: Runtime,
  file: string,
  options: { readonly data?: string; readonly port?: number; readonly offsetMs?: number },
): Promise<Steppable> {
  writeFileSync(file, String(options.offsetMs ?? 0));
  const preload = resolve(import.meta.dirname, "clock-step.mjs");
  const server = await startServer({
    runtime,
    data: options.data ?? ":memory:",
    port: options.port ?? 0,
    env: {
      CLOCK_STEP_FILE: file,
      BUN_OPTIONS: `--preload=${preload}`,
      NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
    },
  });
  return {
    ...server,
    step: async (offsetMs) => {
      writeFileSync(file, String(offsetMs));
      server.kill("SIGUSR2");
      await until("the step", () => (server.output().includes(`clock-step: ${offsetMs}`) ? true : undefined));
    },
  };
}

function isTimeout(payload: unknown): boolean {
  return (
    typeof payload === "object" && payload !== null && "action" in payload && payload.action === "timeout"
  );
}
