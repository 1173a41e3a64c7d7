/** The directory of keysets, on a store whose answers come and fail in the test's hand. */
import { defaultPolicy, EngineError, type Keyset, type KeysetStore } from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import { TestClock } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { openKeysetDirectory } from "../src/service/keyset-directory.ts";

const key = "tenant" as SubscribeKey;
const keyset: Keyset = { subscribeKey: key, publishKey: "p" as PublishKey, policy: defaultPolicy };
const renamed: Keyset = { ...keyset, publishKey: "q" as PublishKey };

interface Asked {
  answer(keysets: readonly Keyset[]): void;
  fail(): void;
}

function handStore(): { readonly store: KeysetStore; readonly asked: Asked[]; change(): void } {
  const asked: Asked[] = [];
  let wake = (): void => {};
  return {
    asked,
    change: () => wake(),
    store: {
      list: () =>
        new Promise((resolve, reject) => {
          const fail = (): void => reject(new EngineError("unavailable", "It is away.", { cause: "test" }));
          asked.push({ answer: resolve, fail });
        }),
      replace: async () => {},
      watch: (onChange) => {
        wake = onChange;
        return () => {};
      },
    },
  };
}

const open = (store: KeysetStore, clock: TestClock, errors: unknown[]) =>
  openKeysetDirectory({
    store,
    configured: undefined,
    scheduler: clock,
    onError: (error) => errors.push(error),
  });

test("a directory whose keysets change while it opens has those it read first until it has the others", async () => {
  const clock = new TestClock();
  const { store, asked, change } = handStore();
  const errors: unknown[] = [];
  const opening = open(store, clock, errors);
  change();
  asked[0]?.answer([keyset]);
  const directory = await opening;
  const atFirst = directory.get(key);

  asked[1]?.fail();
  await clock.advance(1_000);
  const afterFailure = directory.get(key);
  asked[2]?.answer([renamed]);
  await clock.settle();

  expect([atFirst, afterFailure, directory.get(key)]).toEqual([keyset, keyset, renamed]);
  expect(errors).toHaveLength(1);
});

test("keysets that were asked for earlier do not take the place of those asked for later", async () => {
  const clock = new TestClock();
  const { store, asked, change } = handStore();
  const opening = open(store, clock, []);
  asked[0]?.answer([]);
  const directory = await opening;
  change();
  change();
  asked[2]?.answer([renamed]);
  await clock.settle();

  asked[1]?.answer([keyset]);
  await clock.settle();

  expect(directory.get(key)).toEqual(renamed);
});

test("a keyset that is read again and is as it was stays the same object, another is another", async () => {
  const { store, asked, change } = handStore();
  const opening = open(store, new TestClock(), []);
  asked[0]?.answer([keyset, { ...keyset, subscribeKey: "other" as SubscribeKey }]);
  const directory = await opening;
  const before = directory.get(key);

  change();
  asked[1]?.answer([{ ...keyset, policy: { ...defaultPolicy } }]);
  await Promise.resolve();
  await Promise.resolve();
  expect(directory.get(key)).toBe(before);
  expect(directory.get("other" as SubscribeKey)).toBe(undefined);

  change();
  asked[2]?.answer([{ ...keyset, policy: { ...defaultPolicy, rules: [{ channels: "a", track: false }] } }]);
  await Promise.resolve();
  await Promise.resolve();
  expect(directory.get(key)?.policy.rules).toEqual([{ channels: "a", track: false }]);
  directory.close();
});
