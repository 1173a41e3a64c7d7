import type { Channel } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { channelsWithRulesKnownMax } from "../src/limits.ts";
import { defaultPolicy, type Policy, presenceActions, type Rule } from "../src/policy.ts";
import { isTracked, isUniform, ruleFor, timeoutInRange, trackedBy, trackedOf } from "../src/rules.ts";
import { channel } from "./support/build.ts";

const withRules = (...rules: readonly Rule[]): Policy => ({ ...defaultPolicy, rules });
const names = (text: string): readonly Channel[] => text.split(" ").map(channel);

test("without rules the policy's own settings are in force everywhere, in one object", () => {
  const found = ruleFor(defaultPolicy, channel("a"));
  expect(found).toEqual({
    isTracked: true,
    events: new Set(presenceActions),
    announceMax: 20,
    intervalSeconds: 10,
    presenceDeltas: false,
    presenceTimeoutSeconds: 300,
    presenceTimeoutSecondsMin: 1,
    presenceTimeoutSecondsMax: 3_600,
    debounceSeconds: 2,
    leaveOnDisconnect: false,
    disconnectGraceSeconds: 3,
    activeNoticeChannel: null,
  });
  expect(ruleFor(defaultPolicy, channel("b"))).toBe(found);
});

test("a rule changes what it sets and leaves the rest, in its channels only", () => {
  const policy: Policy = {
    ...withRules({ channels: "chat-*", announceMax: 5, activeNoticeChannel: null, events: ["join"] }),
    activeNoticeChannel: channel("notices"),
    intervalSeconds: 7,
  };
  const plain = ruleFor(policy, channel("a"));
  expect(plain).toMatchObject({ announceMax: 20, intervalSeconds: 7, activeNoticeChannel: "notices" });
  expect(ruleFor(policy, channel("chat-1"))).toEqual({
    ...plain,
    announceMax: 5,
    activeNoticeChannel: null,
    events: new Set(["join"]),
  });
});

test("channels with the same rule have the same object, asked once or twice", () => {
  const policy = withRules({ channels: "a*", announceMax: 1 });
  expect(ruleFor(policy, channel("a1"))).toBe(ruleFor(policy, channel("a2")));
  expect(ruleFor(policy, channel("a1"))).toBe(ruleFor(policy, channel("a1")));
});

test("a name goes before a pattern, longer literal text before shorter, then the order", () => {
  const policy = withRules(
    { channels: "*", announceMax: 0 },
    { channels: "a*", announceMax: 1 },
    { channels: "*b", announceMax: 2 },
    { channels: "a*c*", announceMax: 3 },
    { channels: "ab", announceMax: 4 },
    { channels: "a-long-name-*", announceMax: 5 },
    { channels: "a-long-name-1", announceMax: 6 },
  );
  const max = (name: string): number => ruleFor(policy, channel(name)).announceMax;
  expect(["x", "ax", "xb", "axb", "axcx", "ab", "a-long-name-2", "a-long-name-1"].map(max)).toEqual([
    0, 1, 2, 1, 3, 4, 5, 6,
  ]);
});

test("where channels are selected, those of a rule have presence and the others none", () => {
  const policy: Policy = {
    ...withRules({ channels: "chat-*" }, { channels: "chat-off", track: false }),
    tracking: "selected",
  };
  expect(trackedOf(policy, names("a chat-1 chat-off b chat-2"))).toEqual(["chat-1", "chat-2"]);
  expect(isTracked({ ...policy, rules: [] }, channel("a"))).toBe(false);
});

test("a list whose channels all have presence is not copied", () => {
  const list = names("a b");
  expect(trackedOf(defaultPolicy, list)).toBe(list);
  expect(trackedOf(withRules({ channels: "c", track: false }), list)).toBe(list);
});

test("a policy is uniform without rules, unless channels have to be selected", () => {
  expect(isUniform(defaultPolicy)).toBe(true);
  expect(isUniform({ ...defaultPolicy, tracking: "selected" })).toBe(false);
  expect(isUniform(withRules({ channels: "a" }))).toBe(false);
});

test("channels are put together by what their rules say, without those that have no presence", () => {
  const policy = withRules(
    { channels: "slow-*", debounceSeconds: 9 },
    { channels: "slow-2", debounceSeconds: 2 },
    { channels: "off", track: false },
  );
  const found = trackedBy(policy, names("a slow-1 off slow-2 slow-3"), (rule) => rule.debounceSeconds);
  expect([...found]).toEqual([
    [2, ["a", "slow-2"]],
    [9, ["slow-1", "slow-3"]],
  ]);
});

test("presence timeouts are brought into the range, both ends in it", () => {
  const range = { presenceTimeoutSecondsMin: 5, presenceTimeoutSecondsMax: 60 };
  expect([1, 5, 30, 60, 61].map((seconds) => timeoutInRange(range, seconds))).toEqual([5, 5, 30, 60, 60]);
});

test("however many channels there are, each has its rule, also past what is remembered", () => {
  const policy = withRules({ channels: "even-*", announceMax: 2 });
  for (let number = 0; number < channelsWithRulesKnownMax + 10; number += 1) {
    const name = number % 2 === 0 ? `even-${number}` : `odd-${number}`;
    if (ruleFor(policy, channel(name)).announceMax !== (number % 2 === 0 ? 2 : 20)) throw new Error(name);
  }
  expect(ruleFor(policy, channel("even-0")).announceMax).toBe(2);
  expect(ruleFor(policy, channel("odd-1")).announceMax).toBe(20);
});
