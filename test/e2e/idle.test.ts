/** Connections on which nothing moves for a while: runtimes like to cut them off, clients need them. */
import { Agent } from "node:http";
import { runtimes, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { askWell } from "./support/http.ts";
import { poll, readDelivery, time } from "./support/service.ts";
import { within } from "./support/until.ts";

/** Longer than the 12 s after which Bun, and the 5 s after which Node, cut an idle connection by default. */
const holdSeconds = 20;

describe.concurrent.each(runtimes)("on %s", (runtime) => {
  it(`a poll is held for ${holdSeconds} s and then answered with nothing [W-019]`, async () => {
    await using server = await startServer({ runtime, args: ["--poll-hold-seconds", String(holdSeconds)] });
    const cursor = await time(server.port);

    const sentAt = performance.now();
    const { status, text } = await within(
      "The answer",
      poll(server.port, "quiet", "sleeper", cursor).reply,
      40_000,
    );
    const heldSeconds = (performance.now() - sentAt) / 1_000;

    expect(status).toBe(200);
    expect(readDelivery(text).items).toEqual([]);
    expect(heldSeconds).toBeGreaterThanOrEqual(holdSeconds - 0.05);
    expect(heldSeconds).toBeLessThan(holdSeconds + 5);
  });

  it(`a connection is kept over ${holdSeconds} s between two requests`, async () => {
    await using server = await startServer({ runtime, args: ["--poll-hold-seconds", String(holdSeconds)] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const heartbeat = "/v2/presence/sub-key/demo/channel/hall/heartbeat?uuid=ann";
    await askWell(server.port, heartbeat, agent);
    const before = freeSockets(agent);

    // The time passes at the server: an idle poll of its own tells when it is over.
    await within("The pause", poll(server.port, "quiet", "sleeper", await time(server.port)).reply, 40_000);
    await askWell(server.port, heartbeat, agent);

    expect(before).toHaveLength(1);
    expect(freeSockets(agent)).toEqual(before);
    agent.destroy();
  });
});

/** The local ports of an agent's idle connections. */
function freeSockets(agent: Agent): readonly (number | undefined)[] {
  return Object.values(agent.freeSockets).flatMap((sockets) =>
    (sockets ?? []).map((socket) => socket.localPort),
  );
}
