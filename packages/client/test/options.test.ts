import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type ClientOptions, createClient } from "../src/index.ts";
import { settingsOf } from "../src/options.ts";
import { sdkName } from "../src/version.ts";

const good: ClientOptions = { origin: "https://presence.example.com", subscribeKey: "sub", userId: "alice" };

const name = (what: string, shown: string, commas = " without commas"): string =>
  `${what} is ${shown}, and has to be 1 to 92 characters${commas}, not just dots.`;
const origin = (text: string): string => `origin "${text}" has to be like https://presence.example.com.`;

test.each<readonly [object, string]>([
  [{ origin: "presence.example.com" }, origin("presence.example.com")],
  [{ origin: "ftp://example.com" }, origin("ftp://example.com")],
  [{ origin: "https://example.com/path" }, origin("https://example.com/path")],
  [{ origin: "https://example.com?x=1" }, origin("https://example.com?x=1")],
  [{ origin: "https://user@example.com" }, origin("https://user@example.com")],
  [{ origin: "" }, origin("")],
  [{ origin: undefined }, origin("undefined")],
  [{ subscribeKey: "" }, name("subscribeKey", '""')],
  [{ subscribeKey: undefined }, name("subscribeKey", '"undefined"')],
  [{ publishKey: "a,b" }, name("publishKey", '"a,b"')],
  [{ userId: "" }, name("userId", '""', "")],
  [{ userId: 7 }, name("userId", '"7"', "")],
  [{ userId: "." }, name("userId", '"."', "")],
  [{ userId: "x".repeat(93) }, name("userId", `"${"x".repeat(93)}"`, "")],
  [{ userId: "a\0b" }, name("userId", '"a\0b"', "")],
  [{ userId: "\ud800" }, name("userId", '"\ud800"', "")],
  [{ deviceId: "" }, name("deviceId", '""', "")],
  [
    { presenceTimeoutSeconds: 0 },
    "presenceTimeoutSeconds is 0, and has to be a whole number from 1 to 3600.",
  ],
  [
    { presenceTimeoutSeconds: 3601 },
    "presenceTimeoutSeconds is 3601, and has to be a whole number from 1 to 3600.",
  ],
  [
    { presenceTimeoutSeconds: 1.5 },
    "presenceTimeoutSeconds is 1.5, and has to be a whole number from 1 to 3600.",
  ],
  [
    { presenceTimeoutSeconds: "20" },
    "presenceTimeoutSeconds is 20, and has to be a whole number from 1 to 3600.",
  ],
  [
    { heartbeatIntervalSeconds: 0 },
    "heartbeatIntervalSeconds is 0, and has to be a number from 0.5 to 299.5.",
  ],
  [
    { heartbeatIntervalSeconds: Number.NaN },
    "heartbeatIntervalSeconds is NaN, and has to be a number from 0.5 to 299.5.",
  ],
  [
    { presenceTimeoutSeconds: 20, heartbeatIntervalSeconds: 20 },
    "heartbeatIntervalSeconds is 20, and has to be a number from 0.5 to 19.5.",
  ],
  [{ retry: { baseMs: 9 } }, "retry.baseMs is 9, and has to be a number from 10 to 60000."],
  [
    { retry: { baseMs: 1000, maxMs: 999 } },
    "retry.maxMs is 999, and has to be a number from 1000 to 600000.",
  ],
  [{ retry: { callRetries: 11 } }, "retry.callRetries is 11, and has to be a whole number from 0 to 10."],
])("%j is refused with a sentence", (options, message) => {
  expect(() => createClient({ ...good, ...options } as ClientOptions)).toThrow(
    expect.objectContaining({ name: "PresenceError", code: "invalid-argument", message }),
  );
});

test.each([
  "http://127.0.0.1:7400",
  "https://presence.example.com/",
  "HTTPS://EXAMPLE.COM",
  "http://[::1]:7400",
])("%s is an origin", (text) => {
  expect(createClient({ ...good, origin: text }).userId).toBe("alice");
});

test("names of 92 characters of any kind are fine", () => {
  expect(createClient({ ...good, userId: "😀".repeat(92), deviceId: "a,b-pnpres" }).deviceId).toBe(
    "a,b-pnpres",
  );
});

test("what is left out has the documented defaults", () => {
  expect(settingsOf(good)).toMatchObject({
    presenceTimeoutSeconds: 300,
    heartbeatMs: 149_000,
    backoff: { baseMs: 500, maxMs: 30_000 },
    callRetries: 2,
    deviceId: expect.stringMatching(/^\d+-\d+-\d+-\d+$/),
  });
});

test("the device is the same for every client of this process", () => {
  expect(createClient({ ...good, userId: "bob" }).deviceId).toBe(createClient(good).deviceId);
});

test("a long first delay raises the longest", () => {
  expect(settingsOf({ ...good, retry: { baseMs: 60_000 } }).backoff).toEqual({
    baseMs: 60_000,
    maxMs: 60_000,
  });
});

test("the SDK tells servers the version of its package", () => {
  expect(sdkName).toBe(`hereabouts-ts/${manifest.version}`);
});
