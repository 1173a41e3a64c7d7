import { expect, test } from "vitest";
import { createPool } from "../src/pool.ts";

function setUp() {
  const log: string[] = [];
  let count = 0;
  const pool = createPool<string>({
    open: (key) => {
      count += 1;
      log.push(`open ${key}${count}`);
      return `${key}${count}`;
    },
    close: (item) => log.push(`close ${item}`),
  });
  return { pool, log };
}

test("what several hold is opened once, and closed at the end of the turn in which the last lets go", async () => {
  const { pool, log } = setUp();

  const [first, second] = [pool.hold("a"), pool.hold("a")];
  first();
  await null;
  second();
  const before = [...log];
  await null;

  expect(before).toEqual(["open a1"]);
  expect(log).toEqual(["open a1", "close a1"]);
  expect(pool.peek("a")).toBeUndefined();
});

test("what is let go of and held again within one turn stays open", async () => {
  const { pool, log } = setUp();

  pool.hold("a")();
  const letGo = pool.hold("a");
  await null;
  const kept = pool.peek("a");
  letGo();
  await null;

  expect(kept).toBe("a1");
  expect(log).toEqual(["open a1", "close a1"]);
});

test("letting go twice counts once", async () => {
  const { pool, log } = setUp();
  const [first] = [pool.hold("a"), pool.hold("a")];

  first();
  first();
  await null;

  expect(log).toEqual(["open a1"]);
});

test("asking what is open opens nothing", () => {
  const { pool, log } = setUp();

  expect(pool.peek("a")).toBeUndefined();
  expect(log).toEqual([]);
});

test("what is held after it was closed is opened anew", async () => {
  const { pool, log } = setUp();
  pool.hold("a")();
  await null;

  pool.hold("a");

  expect(log).toEqual(["open a1", "close a1", "open a2"]);
});
