/** What follows from changes, with followers in the test's hand. */
import { type Change, defaultPolicy, type Keyset } from "@hereabouts/core";
import type { Channel, PublishKey, SubscribeKey, UserId } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import type { Log } from "../src/log.ts";
import { createAfterChanges } from "../src/service/after-changes.ts";

const keyset: Keyset = {
  subscribeKey: "tenant" as SubscribeKey,
  publishKey: "p" as PublishKey,
  policy: defaultPolicy,
};
const join: Change = {
  kind: "join",
  channel: "ch" as Channel,
  user: "u" as UserId,
  state: undefined,
  occupancy: 1,
  revision: 1,
  epoch: "e",
  at: 7,
};

function listenedLog(lines: string[]): Log {
  const say = (message: string): void => {
    lines.push(message);
  };
  return { error: say, warn: say, info: say, debug: say };
}

test("every follower sees all changes, and nobody waits for those that need not be waited for", () => {
  const seen: unknown[] = [];
  const follow = (name: string) => (each: Keyset, changes: readonly Change[], now: number) => {
    seen.push([name, each.subscribeKey, changes, now]);
    return undefined;
  };
  const afterChanges = createAfterChanges([follow("one"), follow("other")], listenedLog([]));

  expect(afterChanges(keyset, [join], 9)).toBe(undefined);
  expect(seen).toEqual([
    ["one", "tenant", [join], 9],
    ["other", "tenant", [join], 9],
  ]);
});

test("one that cannot do its part keeps nobody else from it, and is said in the log", async () => {
  const lines: string[] = [];
  let isDone = false;
  const afterChanges = createAfterChanges(
    [
      () => Promise.reject(new Error("away")),
      () =>
        Promise.resolve().then(() => {
          isDone = true;
        }),
    ],
    listenedLog(lines),
  );

  await afterChanges(keyset, [join], 9);

  expect([isDone, lines]).toEqual([true, ["What follows from a change could not be done."]]);
});
