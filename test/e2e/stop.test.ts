/** A stop with clients at work. */
import { connect } from "node:net";
import { runtimes, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/folder.ts";
import { ask } from "./support/http.ts";
import { occupants, poll, publish, readDelivery, time } from "./support/service.ts";
import { until, within } from "./support/until.ts";

const pollers = 200;

describe.each(runtimes)("a stop on %s", (runtime) => {
  it("answers every held poll at once with nothing and a cursor to go on from, and ends with code 0 [S-120]", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    await using server = await startServer({ runtime, data });
    const { port } = server;
    const cursor = await time(port);
    const users = Array.from({ length: pollers }, (_, index) => `user-${index}`);
    const polls = users.map((user) => poll(port, "hall", user, cursor));
    await until("everybody's seat", async () =>
      (await occupants(port, "hall")).length === pollers ? true : undefined,
    );

    const toldAt = performance.now();
    server.kill("SIGTERM");
    const answers = await within("The answers", Promise.all(polls.map((sent) => sent.reply)));
    const answeredAfterMs = performance.now() - toldAt;
    const exit = await within("The end of the server", server.exited);

    expect(answers.map((answer) => answer.status)).toEqual(users.map(() => 200));
    const deliveries = answers.map((answer) => readDelivery(answer.text));
    expect(deliveries.map((delivery) => delivery.items)).toEqual(users.map(() => []));
    expect(answeredAfterMs).toBeLessThan(5_000);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(server.output()).toMatch(/"heldPolls":200\b/);
    expect(await connection(port)).toBe("ECONNREFUSED");

    await using again = await startServer({ runtime, data, port });
    const continued = deliveries.map(({ cursor: from }, index) =>
      poll(again.port, "hall", users[index] ?? "", from),
    );
    await publish(again.port, "hall", "hello again");
    const after = await within("The message", Promise.all(continued.map((sent) => sent.reply)));
    expect(after.map(({ text }) => readDelivery(text).items.map((item) => item.d))).toEqual(
      users.map(() => ["hello again"]),
    );
  });

  it("with a drain lets polls go one after the other, not ready and still open, and waits for it", async () => {
    await using server = await startServer({ runtime, args: ["--drain-seconds", "1"] });
    const { port } = server;
    const cursor = await time(port);
    const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    const releasedAfterMs: number[] = [];
    let toldAt = 0;
    const polls = users.map(async (user) => {
      const { text } = await poll(port, "hall", user, cursor).reply;
      releasedAfterMs.push(performance.now() - toldAt);
      return readDelivery(text);
    });
    await until("everybody's seat", async () =>
      (await occupants(port, "hall")).length === users.length ? true : undefined,
    );

    toldAt = performance.now();
    server.kill("SIGTERM");
    const ready = await until("the drain", async () => {
      const reply = await ask(port, "/health/ready");
      return reply.status === 503 ? JSON.parse(reply.text) : undefined;
    });
    const live = await ask(port, "/health/live");
    const seated = (await occupants(port, "hall")).length;
    const deliveries = await within("The answers", Promise.all(polls));
    const exit = await within("The end of the server", server.exited);

    expect([ready.reason, live.status, seated, exit]).toEqual([
      "draining",
      200,
      40,
      { code: 0, signal: null },
    ]);
    expect(deliveries.map(({ items }) => items)).toEqual(users.map(() => []));
    const spreadMs = Math.max(...releasedAfterMs) - Math.min(...releasedAfterMs);
    expect(spreadMs).toBeGreaterThan(500);
    expect(performance.now() - toldAt).toBeGreaterThan(990);
  });

  it("does not wait for connections that ask for nothing", async () => {
    await using server = await startServer({ runtime });
    const socket = connect(server.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => {});

    const toldAt = performance.now();
    const exit = await server.stop();

    expect(exit).toEqual({ code: 0, signal: null });
    // An answer under way would be waited for, for 3 s.
    expect(performance.now() - toldAt).toBeLessThan(2_000);
    socket.destroy();
  });

  it("takes SIGINT for the same wish", async () => {
    await using server = await startServer({ runtime });

    server.kill("SIGINT");

    expect(await within("The end of the server", server.exited)).toEqual({ code: 0, signal: null });
  });
});

/** What becomes of a new connection: `open`, or the system's error. */
function connection(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve("open");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
