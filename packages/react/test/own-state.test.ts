import type { Roster, RosterSnapshot } from "@hereabouts/client";
import { expect, test } from "vitest";
import { createOwnState } from "../src/own-state.ts";

interface Mood {
  readonly mood: string;
}

/** A roster that a test changes by hand, and states that are sent when the test says so. */
function setUp() {
  const listeners = new Set<() => void>();
  let snapshot: RosterSnapshot<Mood> = {
    channel: "lobby",
    occupants: new Map(),
    occupancy: 0,
    complete: false,
    at: 0,
  };
  const roster: Roster<Mood> = {
    get snapshot() {
      return snapshot;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready: async () => snapshot,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
  };
  const sent: { readonly mood: string; readonly done: PromiseWithResolvers<void> }[] = [];
  const own = createOwnState<Mood>({
    userId: "ada",
    roster,
    send: ({ mood }) => {
      const done = Promise.withResolvers<void>();
      sent.push({ mood, done });
      return done.promise;
    },
  });
  return {
    own,
    moodsSent: () => sent.map(({ mood }) => mood),
    /** The server's answer to what was sent last, and all that comes of it. */
    answer: async (outcome: "set" | "refused") => {
      const { done } = sent.at(-1) ?? {};
      if (outcome === "set") done?.resolve();
      else done?.reject(new Error("refused"));
      await settled();
    },
    /** The roster hears of a mood. */
    hear: (mood: string) => {
      const occupants = new Map([["ada", { state: { mood }, devices: 1, since: 1 }]]);
      snapshot = { channel: "lobby", occupants, occupancy: 1, complete: true, at: snapshot.at + 1 };
      for (const listener of listeners) listener();
    },
  };
}

/** Everything that waits for no one has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("a state shows at once, and gives way to what the roster says after it", async () => {
  const { own, answer, hear } = setUp();
  hear("calm");

  const outcome = own.set({ mood: "glad" });
  const atOnce = own.read();
  await answer("set");
  const afterAnswer = own.read();
  hear("glad");
  hear("tired");

  await expect(outcome).resolves.toBeUndefined();
  expect([atOnce, afterAnswer, own.read()]).toEqual([{ mood: "glad" }, { mood: "glad" }, { mood: "tired" }]);
});

test("of states that are set while one is under way only the newest is sent, and all resolve with it", async () => {
  const { own, answer, moodsSent } = setUp();

  const outcomes = ["red", "green", "blue"].map((mood) => own.set({ mood }));
  await answer("set");
  expect(moodsSent()).toEqual(["red", "blue"]);
  await answer("set");

  await expect(Promise.all(outcomes)).resolves.toEqual([undefined, undefined, undefined]);
  expect(own.read()).toEqual({ mood: "blue" });
});

test("old news does not show in place of a newer state", async () => {
  const { own, answer, hear } = setUp();

  void own.set({ mood: "red" });
  await answer("set");
  void own.set({ mood: "blue" });
  await answer("set");
  hear("red");
  const afterOldNews = own.read();
  hear("blue");
  hear("green");

  expect([afterOldNews, own.read()]).toEqual([{ mood: "blue" }, { mood: "green" }]);
});

test("a state that is refused is not shown any more, and its setter rejects", async () => {
  const { own, answer, hear } = setUp();
  hear("calm");

  const outcome = own.set({ mood: "glad" });
  const refused = expect(outcome).rejects.toThrow("refused");
  await answer("refused");

  await refused;
  expect(own.read()).toEqual({ mood: "calm" });
});

test("a state waiting behind one that is refused is sent all the same", async () => {
  const { own, answer, moodsSent } = setUp();

  const first = own.set({ mood: "red" });
  const refused = expect(first).rejects.toThrow("refused");
  const second = own.set({ mood: "blue" });
  await answer("refused");
  await answer("set");

  await refused;
  await expect(second).resolves.toBeUndefined();
  expect(moodsSent()).toEqual(["red", "blue"]);
  expect(own.read()).toEqual({ mood: "blue" });
});

test("listeners hear of every change until they stop listening", async () => {
  const { own, answer, hear } = setUp();
  const heard: (string | undefined)[] = [];
  const stop = own.subscribe(() => heard.push(own.read()?.mood));

  void own.set({ mood: "glad" });
  await answer("set");
  hear("glad");
  stop();
  hear("tired");

  expect(heard.filter((mood, index) => mood !== heard[index - 1])).toEqual(["glad"]);
});
