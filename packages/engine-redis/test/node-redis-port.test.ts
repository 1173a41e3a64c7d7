import { EngineError } from "@hereabouts/core";
import { openNodeRedisPort, type RedisPort } from "@hereabouts/engine-redis";
import { startRedis, useRedis } from "@hereabouts/testkit/redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { echo, publish, scriptOf } from "./scripts.ts";

const redis = useRedis();

async function openPort(
  options: Parameters<typeof openNodeRedisPort>[1] = {},
  url = redis().url,
): Promise<RedisPort> {
  const port = await openNodeRedisPort(url, options);
  onTestFinished(() => port.close());
  return port;
}

describe("scripts", () => {
  test("are run where their keys are, with every kind of answer", async () => {
    const port = await openPort();
    const script = scriptOf("return {KEYS[1], ARGV[1], 7, false, {ARGV[2]}}");
    expect(await port.run(script, ["k"], ["a", "ü"])).toEqual(["k", "a", 7, null, ["ü"]]);
  });

  test("are loaded again after the server forgot them", async () => {
    const port = await openPort();
    expect(await port.run(echo, ["k"], ["1"])).toBe("1");
    await redis().command("SCRIPT", "FLUSH");
    expect(await port.run(echo, ["k"], ["2"])).toBe("2");
    expect(await redis().command("SCRIPT", "EXISTS", echo.sha)).toEqual([1]);
  });

  test("of one turn go out in order", async () => {
    const port = await openPort();
    const push = scriptOf(
      "redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('LRANGE', KEYS[1], 0, -1)",
    );
    const numbers = Array.from({ length: 100 }, (_, index) => `${index}`);
    const answers = await Promise.all(numbers.map((text) => port.run(push, ["order"], [text])));
    expect(answers.at(-1)).toEqual(numbers);
  });

  test("that fail because of what is stored say corrupt", async () => {
    const port = await openPort();
    await redis().command("SET", "text", "x");
    const broken = scriptOf("return redis.call('HGET', KEYS[1], 'a')");
    expect(await codeOf(port.run(broken, ["text"], []))).toBe("corrupt");
  });

  test("are refused when too many are under way", async () => {
    const port = await openPort({ commandsMax: 2 });
    const codes = await Promise.all([1, 2, 3].map((text) => codeOf(port.run(echo, ["k"], [`${text}`]))));
    expect(codes).toEqual(["none", "none", "unavailable"]);
  });

  test("are refused after the close, and closing again is harmless", async () => {
    const port = await openPort();
    await port.close();
    await port.close();
    const codes = [port.run(echo, ["k"], []), port.subscribe("c", () => undefined), port.masters()].map(
      codeOf,
    );
    expect(await Promise.all(codes)).toEqual(["unavailable", "unavailable", "unavailable"]);
  });
});

describe("connections", () => {
  test("that are killed are opened again, and subscribers told that they may have missed something", async () => {
    const port = await openPort();
    const messages: string[] = [];
    let gaps = 0;
    port.onGap(() => gaps++);
    await port.subscribe("news", (message) => messages.push(message));
    await port.run(publish, ["news"], ["1"]);
    await redis().command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await redis().command("CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(() => gaps > 0, "the gap was told");
    await eventually(
      async () => (await codeOf(port.run(publish, ["news"], ["2"]))) === "none",
      "scripts run again",
    );
    await eventually(() => messages.includes("2"), "messages come again");
    expect(messages).toEqual(["1", "2"]);
  });

  test("to a server that is stopped time out, and are used again when it goes on", async () => {
    const server = await startRedis();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const port = await openPort({ commandMs: 300 }, server.url);
    server.stop();
    const started = performance.now();
    expect(await codeOf(port.run(echo, ["k"], ["1"]))).toBe("timeout");
    expect(performance.now() - started).toBeLessThan(1_500);
    // Longer than a silent connection is kept.
    await eventually(async () => performance.now() - started > 1_000, "time passed");
    server.cont();
    await eventually(
      async () => (await codeOf(port.run(echo, ["k"], ["2"]))) === "none",
      "scripts run again",
    );
  });

  test("to a server that is gone fail fast, and are opened again when it is back, empty", async () => {
    const server = await startRedis();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const port = await openPort({}, server.url);
    const [before] = await port.masters();
    await server.kill();
    const started = performance.now();
    await eventually(
      async () => (await codeOf(port.run(echo, ["k"], ["1"]))) === "unavailable",
      "scripts fail",
    );
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await codeOf(port.masters())).toBe("unavailable");
    await server.restart();
    await eventually(
      async () => (await codeOf(port.run(echo, ["k"], ["2"]))) === "none",
      "scripts run again",
    );
    const [after] = await port.masters();
    expect(after?.runId).not.toBe(before?.runId);
  });
});

describe("subscriptions", () => {
  test("reach every listener until it ends", async () => {
    const port = await openPort();
    const heard: string[] = [];
    const endFirst = await port.subscribe("c", (message) => heard.push(`first ${message}`));
    await port.subscribe("c", (message) => heard.push(`second ${message}`));
    await port.run(publish, ["c"], ["1"]);
    await eventually(() => heard.length === 2, "both heard it");
    endFirst();
    endFirst();
    await port.run(publish, ["c"], ["2"]);
    await eventually(() => heard.length === 3, "the other heard it");
    expect(heard).toEqual(["first 1", "second 1", "second 2"]);
  });

  test("that ended and begin again at once are in force", async () => {
    const port = await openPort();
    const heard: string[] = [];
    const end = await port.subscribe("again", () => heard.push("old"));
    end();
    await port.subscribe("again", (message) => heard.push(message));
    await port.run(publish, ["again"], ["1"]);
    await eventually(() => heard.length > 0, "it was heard");
    expect(heard).toEqual(["1"]);
  });

  test("that nobody wants any more are given up", async () => {
    const port = await openPort();
    const end = await port.subscribe("left", () => undefined);
    expect(await redis().command("PUBSUB", "SHARDCHANNELS", "left")).toEqual(["left"]);
    end();
    await eventually(
      async () => String(await redis().command("PUBSUB", "SHARDCHANNELS", "left")) === "",
      "the server knows it",
    );
  });
});

describe("a lone server", () => {
  test("is one master that owns all slots", async () => {
    const port = await openPort();
    const [master, ...others] = await port.masters();
    const info = String(await redis().command("INFO", "server"));
    expect(others).toEqual([]);
    expect(master).toMatchObject({ address: redis().address, slots: [[0, 16_383]] });
    expect(info).toContain(`run_id:${master?.runId}`);
    expect(Math.abs((master?.timeMs ?? 0) - Date.now())).toBeLessThan(5_000);
  });

  test("may want a password and have databases", async () => {
    const server = await startRedis();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await server.command("CONFIG", "SET", "requirepass", "p@ss:word");
    const url = server.url.replace("//", "//:p%40ss%3Aword@");
    const port = await openPort({}, `${url}/3`);
    await port.run(scriptOf("return redis.call('SET', KEYS[1], 'x')"), ["k"], []);
    const other = await openPort({}, url);
    expect(await other.run(scriptOf("return redis.call('EXISTS', KEYS[1])"), ["k"], [])).toBe(0);
    await expect(openNodeRedisPort(server.url)).rejects.toThrow(/NOAUTH/);
    await expect(openNodeRedisPort(server.url.replace("//", "//:wrong@"))).rejects.toThrow(/WRONGPASS/);
  });

  test("that is not there, or is a replica, is refused with its address", async () => {
    await expect(openNodeRedisPort("redis://127.0.0.1:1")).rejects.toThrow(
      /Redis cannot be used: .*127\.0\.0\.1:1/,
    );
    const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", `${redis().port}`] });
    onTestFinished(() => replica[Symbol.asyncDispose]());
    await expect(openNodeRedisPort(replica.url)).rejects.toThrow(
      `The server ${replica.address} is a replica`,
    );
  });
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof EngineError ? error.code : `not an engine error: ${error}`;
  }
}
