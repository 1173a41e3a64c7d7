import { expect, test } from "vitest";
import { Watchers } from "../../src/log/watchers.ts";

test("a watcher is woken once for all its names in one round", () => {
  const watchers = new Watchers();
  let woken = 0;
  watchers.watch(["a", "b", "a"], { wake: () => woken++ });
  watchers.wake(["b", "a", "c"]);
  expect(woken).toBe(1);
});

test("a watcher stays until it is stopped, and stopping twice is harmless", () => {
  const watchers = new Watchers();
  let woken = 0;
  const watch = watchers.watch(["a", "b"], { wake: () => woken++ });
  watchers.wake(["a"]);
  watchers.wake(["b"]);
  watch.stop();
  watch.stop();
  watchers.wake(["a", "b"]);
  expect([woken, watchers.isEmpty]).toEqual([2, true]);
});

test("only those who watch a name are woken", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  watchers.watch(["a"], { wake: () => woken.push("a") });
  watchers.watch(["b"], { wake: () => woken.push("b") });
  watchers.watch(["a"], { wake: () => woken.push("a too") });
  watchers.wake(["a"]);
  expect(woken.sort()).toEqual(["a", "a too"]);
});

test("who is stopped by another's wake-up is not woken any more", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  const watches = ["first", "second", "third"].map((name) =>
    watchers.watch(["a"], {
      wake: () => {
        woken.push(name);
        for (const watch of watches) watch.stop();
      },
    }),
  );
  watchers.wake(["a"]);
  expect(woken.length).toBe(1);
});

test("who starts to watch during a wake-up waits for the next", () => {
  const watchers = new Watchers();
  const woken: string[] = [];
  const watch = watchers.watch(["a"], {
    wake: () => {
      watch.stop();
      woken.push("first");
      watchers.watch(["a"], { wake: () => woken.push("second") });
    },
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
    watchers.watch(["a"], {
      wake: () => {
        woken.push(name);
        if (nested) return;
        nested = true;
        watchers.wake(["a"]);
      },
    });
  }
  watchers.wake(["a"]);
  expect(woken.filter((name) => name === "first").length).toBe(2);
  expect(woken.filter((name) => name === "second").length).toBe(2);
});

test("stopping from the front, the middle and the back leaves the others", () => {
  const watchers = new Watchers();
  const woken = new Set<number>();
  const watches = [0, 1, 2, 3, 4].map((id) => watchers.watch(["a"], { wake: () => woken.add(id) }));
  for (const id of [4, 2, 0]) watches[id]?.stop();
  watchers.wake(["a"]);
  expect([...woken].sort()).toEqual([1, 3]);
});
