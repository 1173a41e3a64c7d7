import { expect, test } from "vitest";
import { defaultPolicy, type Policy } from "../src/policy.ts";
import { parseStoredPolicy } from "../src/stored-policy.ts";

const problemOf = (policy: unknown): string | undefined => {
  const read = parseStoredPolicy(JSON.stringify(policy));
  return read.policy === undefined ? read.problem : undefined;
};

test("what is stored is read as it was, rules included", () => {
  const policy: Policy = {
    ...defaultPolicy,
    announceMax: 3,
    tracking: "selected",
    multiDevice: "refcount",
    rules: [
      { channels: "chat-*", track: true, events: ["join", "interval"], activeNoticeChannel: null },
      { channels: "x", presenceTimeoutSeconds: 20, presenceDeltas: true, leaveOnDisconnect: true },
    ],
  };
  expect(parseStoredPolicy(JSON.stringify(policy))).toEqual({ policy });
});

test("a policy of a version without rules has the defaults of everything that it does not have", () => {
  const stored = {
    presenceTimeoutSeconds: 60,
    debounceSeconds: 2,
    impliedHeartbeat: false,
    globalHereNow: true,
    streamFiltering: true,
    hereNowStaleMs: 0,
    channelsPerGroupMax: 2_000,
  };
  expect(parseStoredPolicy(JSON.stringify(stored))).toEqual({ policy: { ...defaultPolicy, ...stored } });
});

test("settings of a later version are passed over, in rules, too", () => {
  const stored = { later: 1, rules: [{ channels: "a", later: true }] };
  expect(parseStoredPolicy(JSON.stringify(stored))).toEqual({
    policy: { ...defaultPolicy, rules: [{ channels: "a" }] },
  });
});

test("what is no policy is said to be none, with the place", () => {
  expect(parseStoredPolicy("{")).toEqual({ policy: undefined, problem: "its policy is not JSON." });
  expect(
    [
      [],
      { announceMax: "20" },
      { tracking: "some" },
      { presenceDeltas: 1 },
      { activeNoticeChannel: 7 },
      { rules: {} },
      { rules: [7] },
      { rules: [{}] },
      { rules: [{ channels: "a", events: ["joins"] }] },
      { rules: [{ channels: "a", announceMax: "1" }] },
      { rules: [{ channels: "a", announceMax: 10_001 }] },
    ].map(problemOf),
  ).toEqual([
    "its policy is not an object.",
    'announceMax is "20", not a number.',
    'tracking is "some", neither all nor selected.',
    "presenceDeltas is 1, neither true nor false.",
    "activeNoticeChannel is 7, neither a text nor null.",
    "rules is {}, not a list.",
    "rules[0] is 7, not an object.",
    "rules[0] has no channels.",
    'rules[0].events is ["joins"], not a list of join, leave, timeout, state-change, interval.',
    'rules[0].announceMax is "1", not a number.',
    "rules[0]: announceMax is 10001; it must be a whole number from 0 to 10000.",
  ]);
});
