import { expect, test } from "vitest";
import { Watchers } from "../src/watchers.ts";

test("a watcher is woken once for all its names in one round", () => {
  const watchers = new Watchers();
  let woken = 0;
  watchers.watch(["a", "b", "a"], () => woken++);
  watchers.wake(["b", "a", "c"]);
  expect(woken).toBe(1);
});

test("a watcher stays until it is cancelled, and cancelling twice is harmless", () => {
  const watchers = new Watchers();
  let woken = 0;
  const cancel = watchers.watch(["a", "b"], () => woken++);
  watchers.wake(["a"]);
  watchers.wake(["b"]);
  cancel();
  cancel();
  watchers.wake(["a", "b"]);
  expect([woken, watchers.isEmpty]).toEqual([2, true]);
});

test("only those who watch a name are woken", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  watchers.watch(["a"], () => woken.push("a"));
  watchers.watch(["b"], () => woken.push("b"));
  watchers.watch(["a"], () => woken.push("a too"));
  watchers.wake(["a"]);
  expect(woken.sort()).toEqual(["a", "a too"]);
});

test("who is cancelled by another's wake-up is not woken any more", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  const cancels = ["first", "second", "third"].map((name) =>
    watchers.watch(["a"], () => {
      woken.push(name);
      for (const cancel of cancels) cancel();
    }),
  );
  watchers.wake(["a"]);
  expect(woken.length).toBe(1);
});

test("who starts to watch during a wake-up waits for the next", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  const cancel = watchers.watch(["a"], () => {
    cancel();
    woken.push("first");
    watchers.watch(["a"], () => woken.push("second"));
  });
  watchers.wake(["a"]);
  expect(woken).toEqual(["first"]);
  watchers.wake(["a"]);
  expect(woken).toEqual(["first", "second"]);
});

test("a wake-up within a wake-up wakes everyone again", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  let nested = false;
  for (const name of ["first", "second"]) {
    watchers.watch(["a"], () => {
      woken.push(name);
      if (nested) return;
      nested = true;
      watchers.wake(["a"]);
    });
  }
  watchers.wake(["a"]);
  expect(woken.filter((name) => name === "first").length).toBe(2);
  expect(woken.filter((name) => name === "second").length).toBe(2);
});

test("cancelling from the front, the middle and the back leaves the others", () => {
  const watchers = new Watchers();
  const woken = new Set<number>();
  const cancels = [0, 1, 2, 3, 4].map((id) => watchers.watch(["a"], () => woken.add(id)));
  for (const id of [4, 2, 0]) cancels[id]?.();
  watchers.wake(["a"]);
  expect([...woken].sort()).toEqual([1, 3]);
});
