import { execFile } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTcpProxy } from "../src/cluster/tcp-proxy.ts";
import { withDeadline } from "../src/deadline.ts";
import { nodePath } from "../src/runtimes.ts";

/** A server that sends back what it gets. */
async function openEcho(): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A connection that remembers what it was told, and how it ended. */
function open(port: number): {
  say(text: string): void;
  heard(text: string): Promise<void>;
  readonly ended: Promise<string>;
  text(): string;
} {
  let all = "";
  const listeners = new Set<() => void>();
  const socket = connect({ host: "127.0.0.1", port });
  const ended = new Promise<string>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
  });
  socket.on("data", (bytes: Buffer) => {
    all += bytes.toString();
    for (const listener of listeners) listener();
  });
  return {
    say: (text) => {
      socket.write(text);
    },
    heard: (text) =>
      withDeadline(
        new Promise((resolve) => {
          const look = (): void => {
            if (all.includes(text)) resolve();
          };
          listeners.add(look);
          look();
        }),
        `"${text}"`,
      ),
    ended,
    text: () => all,
  };
}

describe("a TCP proxy", () => {
  it("carries both ways", async () => {
    await using echo = await openEcho();
    await using proxy = await openTcpProxy({ to: echo.port });

    const client = open(proxy.port);
    client.say("hello");

    await client.heard("hello");
    expect(proxy.connections()).toBe(1);
  });

  it("resets what is open when it is cut, and what is opened later", async () => {
    await using echo = await openEcho();
    await using proxy = await openTcpProxy({ to: echo.port });
    const before = open(proxy.port);
    before.say("hello");
    await before.heard("hello");

    proxy.cut();

    expect(await withDeadline(before.ended, "The end")).toBe("ECONNRESET");
    expect(await withDeadline(open(proxy.port).ended, "The end")).toBe("ECONNRESET");
    expect(proxy.connections()).toBe(0);
  });

  it("keeps what is said in silence and carries it afterwards, also on connections made meanwhile", async () => {
    await using echo = await openEcho();
    await using proxy = await openTcpProxy({ to: echo.port });
    await using open2 = await openTcpProxy({ to: echo.port });
    const before = open(proxy.port);
    before.say("one");
    await before.heard("one");

    proxy.silence();
    before.say("two");
    const meanwhile = open(proxy.port);
    meanwhile.say("three");
    // What goes round another proxy would have gone round this one, too.
    const other = open(open2.port);
    other.say("round");
    await other.heard("round");
    const inSilence = [before.text(), meanwhile.text()];
    proxy.restore();
    await before.heard("two");
    await meanwhile.heard("three");

    expect(inSilence).toEqual(["one", ""]);
  });

  it("carries later when it is slow, and in order", async () => {
    await using echo = await openEcho();
    await using proxy = await openTcpProxy({ to: echo.port });
    const client = open(proxy.port);
    proxy.delay(30);

    const startedAt = performance.now();
    client.say("a");
    client.say("b");
    await client.heard("ab");

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
  });

  it("lets its process end when it was cut while a connection was ending", async () => {
    const program = join(import.meta.dirname, "cut-while-ending.ts");

    const ended = await new Promise<string>((resolve) => {
      const options = { timeout: 4_000, killSignal: "SIGKILL" } as const;
      execFile(nodePath(), ["--conditions=source", program], options, (error, output) =>
        resolve(error?.message ?? output),
      );
    });

    expect(ended).toBe("cut\n");
  });
});
