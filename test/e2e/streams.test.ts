/** Streams over real sockets: many clients, one that does not read, a node that is killed, a node that stops. */
import { request } from "node:http";
import {
  openSocketStream,
  runtimes,
  type ServerProcess,
  startServer,
  type TestStream,
} from "@hereabouts/testkit";
import { startRedis } from "@hereabouts/testkit/cluster";
import { describe, expect, it } from "vitest";
import { eventOf, handshake, type Item, publish } from "./support/service.ts";
import { until } from "./support/until.ts";

interface Frame {
  readonly c?: string;
  readonly t?: { readonly t: string };
  readonly m?: readonly Item[];
  readonly afterMs?: number;
  readonly channels?: readonly string[];
}

function when(what: string, isSo: () => boolean, withinMs?: number): Promise<unknown> {
  return until(what, () => (isSo() ? true : undefined), withinMs);
}

/** A stream with all that it was told. */
interface Follower extends Disposable {
  readonly stream: TestStream;
  frames(): readonly Frame[];
  items(): readonly Item[];
  cursor(): string;
}

async function stream(node: ServerProcess, channels: string, query = ""): Promise<Follower> {
  const opened = await openSocketStream(node.port, `/v3/stream/demo/${channels}?${query}`);
  if (!("take" in opened)) throw new Error(`The stream was refused: ${opened.text}`);
  const seen: Frame[] = [JSON.parse(await opened.next()) as Frame];
  const frames = (): readonly Frame[] => {
    seen.push(...opened.take().map((text) => JSON.parse(text) as Frame));
    return seen;
  };
  return {
    stream: opened,
    frames,
    items: () => frames().flatMap(({ m }) => m ?? []),
    cursor: () => frames().findLast(({ t }) => t !== undefined)?.t?.t ?? "0",
    [Symbol.dispose]: () => opened.drop(),
  };
}

function eventsOf({ items }: Follower): readonly string[] {
  return items()
    .filter(({ c }) => c.endsWith("-pnpres"))
    .map((item) => `${eventOf(item).action} ${eventOf(item).uuid}`);
}

describe.each(runtimes)("streams on %s", (runtime) => {
  it("push one message to very many", async () => {
    await using node = await startServer({ runtime, args: ["--data", ":memory:"] });
    const followers = await Promise.all(Array.from({ length: 300 }, () => stream(node, "hall")));

    await publish(node.port, "hall", "hello");
    await when("everybody is told", () => followers.every(({ items }) => items().length === 1));

    for (const follower of followers) follower[Symbol.dispose]();
  });

  it("tell a client that did not read where its gap is, and go on", async () => {
    await using node = await startServer({ runtime, args: ["--data", ":memory:"] });
    using slow = await stream(node, "hall");
    using quick = await stream(node, "hall");
    slow.stream.pause();

    // Far more than the buffers of the two kernels take.
    const text = "x".repeat(10_000);
    const messages = 2_000;
    for (let number = 0; number < messages; number += 20) {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => publish(node.port, "hall", `${number + index} ${text}`)),
      );
    }
    await when("the last message is there", () =>
      quick.items().some(({ d }) => String(d).startsWith("1999 ")),
    );
    slow.stream.resume();
    await when("the gap is told", () => slow.frames().some(({ c }) => c === "gap"));
    await publish(node.port, "hall", "after");
    await when("what comes after is told", () => slow.items().at(-1)?.d === "after");

    expect(slow.frames().find(({ c }) => c === "gap")?.channels).toEqual(["hall"]);
    expect(slow.items().length).toBeLessThan(messages);
  });

  it("go on from where they were, also after the connection was lost", async () => {
    await using node = await startServer({ runtime, args: ["--data", ":memory:"] });
    using first = await stream(node, "hall", "uuid=ann");
    await publish(node.port, "hall", "one");
    await when("the first message is there", () => first.items().length === 1);
    first.stream.drop();
    await publish(node.port, "hall", "two");

    using second = await stream(node, "hall", `uuid=ann&tt=${first.cursor()}&tr=1`);
    await when("the second message is there", () => second.items().length > 0);

    expect(second.items().map(({ d }) => d)).toEqual(["two"]);
  });

  it("are told to move, and closed, by a node that stops", async () => {
    await using node = await startServer({ runtime, args: ["--data", ":memory:", "--drain-seconds", "1"] });
    using follower = await stream(node, "hall", "uuid=ann");
    const exit = await node.stop();

    await when("the stream is closed", () => follower.stream.closing() !== undefined);
    const move = follower.frames().find(({ c }) => c === "move");
    expect([exit.code, follower.stream.closing()]).toEqual([
      0,
      { code: 1001, reason: "The node is stopping." },
    ]);
    expect(move?.afterMs).toBeLessThan(1_000);
  });

  it("are refused frames that are too long, and let other upgrades be requests", async () => {
    await using node = await startServer({ runtime, args: ["--data", ":memory:"] });
    using follower = await stream(node, "hall");
    follower.stream.send("x".repeat(70_000));
    await when("the stream is closed", () => follower.stream.closing() !== undefined);

    const upgraded = await new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        connection: "Upgrade, HTTP2-Settings",
        upgrade: "h2c",
        "http2-settings": "AAMAAABkAAQAAP__",
      };
      request({ host: "127.0.0.1", port: node.port, path: "/time/0", headers })
        .on("response", (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

    expect(upgraded).toBe(200);
  });

  it("that move when they are told to keep their seats, and miss nothing", async () => {
    await using redis = await startRedis();
    const args = ["--engine", redis.url, "--drain-seconds", "2"];
    await using leaving = await startServer({ runtime, args });
    await using staying = await startServer({ runtime, args });
    using watcher = await stream(staying, "hall-pnpres");
    using ann = await stream(leaving, "hall", "uuid=ann&instanceid=phone");
    await when("she is there", () => eventsOf(watcher).length === 1);

    const stopping = leaving.stop();
    await when("she is told to move", () => ann.frames().some(({ c }) => c === "move"));
    await publish(staying.port, "hall", "meanwhile");
    ann.stream.drop();
    const before = ann.items();
    using moved = await stream(staying, "hall", `uuid=ann&instanceid=phone&tt=${ann.cursor()}&tr=1`);
    await when("the message is there", () => before.length + moved.items().length > 0);
    const { code } = await stopping;
    await new Promise((resolve) => setTimeout(resolve, 11_000));

    expect(code).toBe(0);
    expect([...before, ...moved.items()].map(({ d }) => d)).toEqual(["meanwhile"]);
    expect(eventsOf(watcher)).toEqual(["join ann"]);
  });

  it("are announced as timed out within 10 s, once, when their node is killed, but not who came back", async () => {
    await using redis = await startRedis();
    await using dying = await startServer({ runtime, args: ["--engine", redis.url] });
    await using living = await startServer({ runtime, args: ["--engine", redis.url] });
    using watcher = await stream(living, "hall-pnpres");
    const query = (user: string): string => `uuid=${user}&instanceid=device-of-${user}`;
    using ann = await stream(dying, "hall", query("ann"));
    using bob = await stream(dying, "hall", query("bob"));
    await when("both are there", () => eventsOf(watcher).length === 2);

    const killedAt = performance.now();
    dying.kill("SIGKILL");
    await when("the connections are gone", () => ann.stream.closing() !== undefined);
    using back = await stream(living, "hall", `${query("bob")}&tt=${bob.cursor()}&tr=1`);
    await when("the timeout is told", () => eventsOf(watcher).length > 2, 15_000);
    const afterMs = performance.now() - killedAt;
    await new Promise((resolve) => setTimeout(resolve, 4_000));

    expect(eventsOf(watcher)).toEqual(["join ann", "join bob", "timeout ann"]);
    expect(afterMs).toBeLessThan(10_500);
    expect(back.stream.closing()).toBe(undefined);
    await handshake(living.port, "hall", "carl");
  });
});
