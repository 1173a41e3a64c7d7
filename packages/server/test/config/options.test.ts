import { defaultPolicy, policyProblems } from "@hereabouts/core";
import { describe, expect, it } from "vitest";
import { nodeOptions, settingOptions } from "../../src/config/options.ts";
import { policyFields } from "../../src/config/policy-fields.ts";
import { defaultSettings } from "../../src/settings.ts";

describe("the table of options", () => {
  it("has a flag, a variable and a key for everything, named alike", () => {
    expect(nodeOptions.map(({ flag, environment, key }) => [flag, environment, key])).toEqual([
      ["--config", "HEREABOUTS_CONFIG", undefined],
      ["--host", "HEREABOUTS_HOST", "host"],
      ["--port", "HEREABOUTS_PORT", "port"],
      ["--engine", "HEREABOUTS_ENGINE", "engine"],
      ["--partitions", "HEREABOUTS_PARTITIONS", "partitions"],
      ["--prefix", "HEREABOUTS_PREFIX", "prefix"],
      ["--data", "HEREABOUTS_DATA", "data"],
      ["--poll-hold-seconds", "HEREABOUTS_POLL_HOLD_SECONDS", "pollHoldSeconds"],
      ["--here-now-cache-ms", "HEREABOUTS_HERE_NOW_CACHE_MS", "hereNowCacheMs"],
      ["--drain-seconds", "HEREABOUTS_DRAIN_SECONDS", "drainSeconds"],
      ["--stream-timeout-seconds", "HEREABOUTS_STREAM_TIMEOUT_SECONDS", "streamTimeoutSeconds"],
      ["--log-level", "HEREABOUTS_LOG_LEVEL", "logLevel"],
      ["--keyset", "HEREABOUTS_KEYSETS", "keysets"],
    ]);
  });

  it("allows the defaults", () => {
    for (const option of Object.values(settingOptions)) {
      const standard = defaultSettings[option.key as "port" | "partitions"];
      if (standard === undefined) continue;
      expect(option.rule.schema.safeParse(standard).success, option.key).toBe(true);
    }
    for (const { key, rule, standard } of Object.values(policyFields)) {
      expect(rule.schema.safeParse(standard).success, key).toBe(true);
    }
  });

  it.each(Object.values(policyFields).map((field) => [field.key, field] as const))(
    "%s has the range that the core gives it",
    (key, { rule }) => {
      const candidates = [
        -1,
        -0.5,
        0,
        0.5,
        1,
        59,
        60,
        61,
        3_600,
        3_601,
        20_000,
        20_001,
        60_000,
        60_001,
        Number.NaN,
      ];
      const standard = defaultPolicy[key as keyof typeof defaultPolicy];
      const isNumber = typeof standard === "number";

      for (const value of isNumber ? candidates : []) {
        const problems = policyProblems({ ...defaultPolicy, [key]: value });
        const isAllowed = !problems.some((problem) => problem.startsWith(`${key} is ${value}; it must be a`));
        expect([value, rule.schema.safeParse(value).success]).toEqual([value, isAllowed]);
      }
      expect([true, "true", null].map((value) => rule.schema.safeParse(value).success)).toEqual([
        typeof standard === "boolean",
        key === "activeNoticeChannel",
        key === "activeNoticeChannel",
      ]);
    },
  );
});
