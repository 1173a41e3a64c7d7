/** A restart that nobody notices: seats, events and cursors outlast the process. */
import { runtimes, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/folder.ts";
import { follow } from "./support/follower.ts";
import { eventOf, heartbeat, occupants, policyInForce, publish, time } from "./support/service.ts";
import { until, untilWallClock } from "./support/until.ts";

const seated = Array.from({ length: 100 }, (_, index) => `user-${index}`);
const briefTimeoutSeconds = 4;

describe.each(runtimes)("a restart on %s", (runtime) => {
  it("keeps everybody's seat: no leave, no second join, and here now never shows fewer [S-014] [S-120]", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    const env = policyInForce({ announceMax: 1_000 });
    await using server = await startServer({ runtime, data, env });
    const { port } = server;
    using observer = follow(port, "hall-pnpres", "observer", await time(port));
    await Promise.all(seated.map((user) => heartbeat(port, "hall", user)));
    await until("every join", () => (observer.items.length === seated.length ? true : undefined));
    using counts = watchOccupants(port, "hall");

    const exit = await server.stop();
    await using again = await startServer({ runtime, data, port, env });
    const firstSeen = await occupants(again.port, "hall");
    await counts.sawAnswerAfter(performance.now());
    counts.stop();
    await Promise.all(seated.map((user) => heartbeat(port, "hall", user)));
    await heartbeat(port, "hall", "newcomer");
    await observer.saw("the newcomer", (item) => eventOf(item).uuid === "newcomer");

    expect(exit.code).toBe(0);
    expect(firstSeen).toEqual(expect.arrayContaining(seated));
    expect(firstSeen).toHaveLength(seated.length);
    expect(new Set(counts.seen())).toEqual(new Set([seated.length]));
    const events = observer.items.map(eventOf);
    expect(events.map(({ action }) => action)).toEqual([...seated, "newcomer"].map(() => "join"));
    expect(events.map(({ uuid }) => uuid).sort()).toEqual([...seated, "newcomer"].sort());
    expect(events.at(-1)).toEqual(expect.objectContaining({ uuid: "newcomer", occupancy: 101 }));
  });

  it("announces as timeout the seat whose time was up while the server was down [S-009]", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    await using server = await startServer({ runtime, data });
    const { port } = server;
    using observer = follow(port, "hall-pnpres", "observer", await time(port));
    await heartbeat(port, "hall", "patient");
    await heartbeat(port, "hall", "brief", briefTimeoutSeconds);
    const seatedAt = Date.now();
    await observer.saw("the join", (item) => eventOf(item).uuid === "brief");

    await server.stop();
    const eventsBefore = observer.items.length;
    await untilWallClock(seatedAt + briefTimeoutSeconds * 1_000);
    await using again = await startServer({ runtime, data, port });
    const firstSeen = await occupants(again.port, "hall");
    await observer.saw("the timeout", (item) => eventOf(item).action === "timeout");

    expect(eventsBefore).toBe(2);
    expect(firstSeen).toEqual(["patient"]);
    expect(observer.items.slice(2).map(eventOf)).toEqual([
      expect.objectContaining({ action: "timeout", uuid: "brief", occupancy: 1 }),
    ]);
  });

  it("delivers what was published just before the stop to a cursor from before, once [W-018]", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    await using server = await startServer({ runtime, data });
    const { port } = server;
    const cursor = await time(port);
    const published = await publish(port, "news", "last words");

    await server.stop();
    await using again = await startServer({ runtime, data, port });
    using reader = follow(again.port, "news", "reader", cursor);
    await reader.saw("the last words", (item) => item.d === "last words");
    const later = await publish(again.port, "news", "first words");
    await reader.saw("the first words", (item) => item.d === "first words");

    expect(reader.items.map((item) => [item.d, item.p.t])).toEqual([
      ["last words", published],
      ["first words", later],
    ]);
    expect(BigInt(later)).toBeGreaterThan(BigInt(published));
  });
});

/** Asks here now again and again, also while nobody answers, and keeps every occupancy it is given until it is stopped. */
function watchOccupants(
  port: number,
  channel: string,
): { seen(): readonly number[]; sawAnswerAfter(at: number): Promise<void>; stop(): void } & Disposable {
  const seen: number[] = [];
  let lastAt = 0;
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  const note = (occupancy: number, askedAt: number): void => {
    if (isStopped) return;
    seen.push(occupancy);
    lastAt = askedAt;
  };
  const look = async (): Promise<void> => {
    while (!isStopped) {
      const askedAt = performance.now();
      await occupants(port, channel).then(
        (users) => note(users.length, askedAt),
        () => new Promise((resolve) => setTimeout(resolve, 5)),
      );
    }
  };
  void look();
  return {
    seen: () => seen,
    sawAnswerAfter: async (at) => {
      await until("an answer of here now", () => (lastAt > at ? true : undefined));
    },
    stop,
    [Symbol.dispose]: stop,
  };
}
