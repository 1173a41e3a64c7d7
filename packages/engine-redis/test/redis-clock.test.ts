import { EngineError } from "@hereabouts/core";
import { openNodeRedisPort, openRedisClock, type RedisPort } from "@hereabouts/engine-redis";
import { TestClock } from "@hereabouts/testkit";
import { useRedis } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";

const redis = useRedis();

/** A port to a Redis whose clock is so far ahead of the test's. */
function portAhead(machine: TestClock, ahead: { ms: number; isAway?: boolean }): RedisPort {
  return {
    run: async () => {
      if (ahead.isAway === true) throw new EngineError("unavailable", "away", { cause: undefined });
      const time = machine.now() + ahead.ms;
      return [`${Math.floor(time / 1_000)}`, `${(time % 1_000) * 1_000}`];
    },
    send: async () => null,
    subscribe: async () => () => undefined,
    onGap: () => () => undefined,
    masters: async () => [],
    close: async () => undefined,
  };
}

test("the clock begins with the time of Redis, and follows a change slowly, never backwards", async () => {
  const machine = new TestClock();
  const ahead = { ms: 5_000 };
  const { scheduler, stop } = await openRedisClock({
    port: portAhead(machine, ahead),
    prefix: "p",
    scheduler: machine,
  });
  expect(scheduler.now() - machine.now()).toBe(5_000);
  ahead.ms = 4_000;
  let latest = scheduler.now();
  for (let second = 0; second < 60; second++) {
    await machine.advance(1_000);
    const now = scheduler.now();
    expect(now).toBeGreaterThanOrEqual(latest);
    expect(now - latest).toBeGreaterThanOrEqual(949);
    latest = now;
  }
  expect(scheduler.now() - machine.now()).toBe(4_000);
  stop();
  expect(machine.timers).toBe(0);
});

test("timers are never early by the clock, and it goes on while Redis is away", async () => {
  const machine = new TestClock();
  const ahead = { ms: 100, isAway: false };
  const { scheduler, stop } = await openRedisClock({
    port: portAhead(machine, ahead),
    prefix: "p",
    scheduler: machine,
  });
  ahead.isAway = true;
  const due = scheduler.now() + 25_000;
  const ranAt: number[] = [];
  scheduler.at(due, () => ranAt.push(scheduler.now()));
  scheduler.at(due, () => ranAt.push(0))();
  await machine.advance(24_999);
  expect(ranAt).toEqual([]);
  await machine.advance(1);
  expect(ranAt).toEqual([due]);
  stop();
});

test("a real Redis is asked for its time", async () => {
  const port = await openNodeRedisPort(redis().url);
  onTestFinished(() => port.close());
  const machine = new TestClock();
  const { scheduler, stop } = await openRedisClock({ port, prefix: "clock", scheduler: machine });
  stop();
  expect(Math.abs(scheduler.now() - Date.now())).toBeLessThan(2_000);
});
