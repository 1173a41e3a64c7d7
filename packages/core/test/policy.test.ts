import type { Channel } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { defaultPolicy, type Policy, type PresenceAction } from "../src/policy.ts";
import { policyProblems } from "../src/policy-problems.ts";

const problemsOf = (part: Partial<Policy>) => policyProblems({ ...defaultPolicy, ...part });

test("the default policy has no problems", () => {
  expect(policyProblems(defaultPolicy)).toEqual([]);
});

test("both ends of a range are in it", () => {
  expect(
    problemsOf({
      presenceTimeoutSeconds: 1,
      debounceSeconds: 0,
      hereNowStaleMs: 0,
      channelsPerGroupMax: 1,
    }),
  ).toEqual([]);
  expect(
    problemsOf({
      presenceTimeoutSeconds: 3_600,
      debounceSeconds: 60,
      hereNowStaleMs: 60_000,
      channelsPerGroupMax: 20_000,
    }),
  ).toEqual([]);
});

test("a debounce may be a fraction of a second", () => {
  expect(problemsOf({ debounceSeconds: 0.5 })).toEqual([]);
});

test("every value out of range is named, with the range", () => {
  expect(
    problemsOf({
      presenceTimeoutSeconds: 0,
      debounceSeconds: Number.NaN,
      hereNowStaleMs: 60_001,
      channelsPerGroupMax: 1.5,
    }),
  ).toEqual([
    "presenceTimeoutSeconds is 0; it must be a whole number from 1 to 3600.",
    "debounceSeconds is NaN; it must be a number from 0 to 60.",
    "hereNowStaleMs is 60001; it must be a whole number from 0 to 60000.",
    "channelsPerGroupMax is 1.5; it must be a whole number from 1 to 20000.",
  ]);
});

test("the settings of presence at any size have ranges, too", () => {
  const largest = {
    announceMax: 10_000,
    intervalSeconds: 3_600,
    disconnectGraceSeconds: 60,
    presenceTimeoutSecondsMax: 3_600,
  };
  expect(problemsOf({ announceMax: 0, intervalSeconds: 1, disconnectGraceSeconds: 0.5 })).toEqual([]);
  expect(problemsOf(largest)).toEqual([]);
  expect(
    problemsOf({
      announceMax: 10_001,
      intervalSeconds: 0,
      disconnectGraceSeconds: 61,
      presenceTimeoutSecondsMin: 0,
      presenceTimeoutSecondsMax: 3_601,
    }),
  ).toEqual([
    "presenceTimeoutSecondsMin is 0; it must be a whole number from 1 to 3600.",
    "presenceTimeoutSecondsMax is 3601; it must be a whole number from 1 to 3600.",
    "announceMax is 10001; it must be a whole number from 0 to 10000.",
    "intervalSeconds is 0; it must be a whole number from 1 to 3600.",
    "disconnectGraceSeconds is 61; it must be a number from 0 to 60.",
  ]);
});

test("presence timeouts must fit together", () => {
  expect(problemsOf({ presenceTimeoutSecondsMin: 300, presenceTimeoutSecondsMax: 300 })).toEqual([]);
  expect(problemsOf({ presenceTimeoutSecondsMin: 20, presenceTimeoutSecondsMax: 10 })).toEqual([
    "presenceTimeoutSecondsMin is 20, more than presenceTimeoutSecondsMax, which is 10.",
  ]);
  expect(problemsOf({ presenceTimeoutSecondsMax: 60 })).toEqual([
    "presenceTimeoutSeconds is 300; it must be from presenceTimeoutSecondsMin, which is 1, to presenceTimeoutSecondsMax, which is 60.",
  ]);
});

test("notices go only where something can be published", () => {
  const problems = ["notices", "a,b", "a-pnpres", "a.*", ""].map((name) =>
    problemsOf({ activeNoticeChannel: name as Channel }),
  );
  expect(problems).toEqual([
    [],
    ['activeNoticeChannel is "a,b", which contains a comma.'],
    ['activeNoticeChannel is "a-pnpres", which is a presence channel.'],
    ['activeNoticeChannel is "a.*", which is a wildcard.'],
    ['activeNoticeChannel is "", which is empty.'],
  ]);
});

test("a good rule may set everything that a rule can", () => {
  expect(
    problemsOf({
      rules: [
        {
          channels: "*-chat-*",
          track: true,
          events: ["join", "leave", "timeout", "state-change", "interval"],
          announceMax: 0,
          intervalSeconds: 3_600,
          presenceDeltas: true,
          presenceTimeoutSeconds: 10,
          presenceTimeoutSecondsMin: 10,
          presenceTimeoutSecondsMax: 10,
          debounceSeconds: 0,
          leaveOnDisconnect: true,
          disconnectGraceSeconds: 60,
          activeNoticeChannel: null,
        },
        { channels: "a.*", events: [] },
      ],
    }),
  ).toEqual([]);
});

test("everything that is wrong with rules is told, with its place", () => {
  expect(
    problemsOf({
      presenceTimeoutSecondsMin: 5,
      rules: [
        { channels: "" },
        { channels: "a,b" },
        { channels: "a-pnpres" },
        { channels: "x*********" },
        { channels: "n".repeat(93) },
        { channels: "good", announceMax: -1, presenceTimeoutSeconds: 0 },
        { channels: "good", presenceTimeoutSeconds: 4 },
        { channels: "events", events: ["join", "join", "arrive" as PresenceAction] },
        { channels: "notices", activeNoticeChannel: "a.*" as Channel },
      ],
    }),
  ).toEqual([
    'rules[0]: channels is "", which is empty.',
    'rules[1]: channels is "a,b", which contains a comma.',
    'rules[2]: channels is "a-pnpres", which is a presence channel: a rule is for the channel itself.',
    'rules[3]: channels is "x*********", which has 9 times *, more than 8.',
    `rules[4]: channels is "${"n".repeat(93)}", which has 93 characters, more than 92.`,
    "rules[5]: presenceTimeoutSeconds is 0; it must be a whole number from 1 to 3600.",
    "rules[5]: announceMax is -1; it must be a whole number from 0 to 10000.",
    'rules[6]: channels is "good", as in rules[5].',
    "rules[6]: presenceTimeoutSeconds is 4; it must be from presenceTimeoutSecondsMin, which is 5, to presenceTimeoutSecondsMax, which is 3600.",
    'rules[7]: events has "arrive"; it may have join, leave, timeout, state-change, interval.',
    'rules[7]: events has "join" twice.',
    'rules[8]: activeNoticeChannel is "a.*", which is a wildcard.',
  ]);
});

test("there may be 200 rules and no more", () => {
  const rules = Array.from({ length: 201 }, (_, number) => ({ channels: `c${number}` }));
  expect(problemsOf({ rules: rules.slice(1) })).toEqual([]);
  expect(problemsOf({ rules })).toEqual(["There are 201 rules; there may be 200."]);
});
