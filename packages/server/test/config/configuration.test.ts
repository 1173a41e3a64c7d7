import { defaultPolicy } from "@hereabouts/core";
import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/config/configuration.ts";
import { defaultSettings } from "../../src/settings.ts";

interface Given {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly (readonly [string, string])[];
}

function parse({ file, environment = {}, flags = [] }: Given) {
  const named = file === undefined ? flags : [["--config", "a.json"] as const, ...flags];
  return parseConfiguration({
    flags: named.map(([flag, text]) => ({ flag, text })),
    environment: new Map(Object.entries(environment)),
    readText: (path) => {
      if (file === undefined || path !== "a.json") throw new Error("there is no such file");
      return file;
    },
  });
}

function settingsOf(given: Given) {
  const parsed = parse(given);
  return parsed.ok ? parsed.configuration.settings : parsed.problems;
}

function originsOf(given: Given) {
  const parsed = parse(given);
  return parsed.ok ? Object.fromEntries(parsed.configuration.origins) : parsed.problems;
}

function problemsOf(given: Given): readonly string[] {
  const parsed = parse(given);
  return parsed.ok ? [] : parsed.problems;
}

describe("priorities", () => {
  it("without anything set, the defaults are in force", () => {
    expect(settingsOf({})).toEqual(defaultSettings);
  });

  it("a flag goes before a variable, a variable before the file, the file before the default", () => {
    const file = '{ "port": 1, "host": "::1", "data": "file", "pollHoldSeconds": 11 }';
    const environment = { HEREABOUTS_PORT: "2", HEREABOUTS_HOST: "127.0.0.2", HEREABOUTS_DATA: "variable" };
    const flags = [
      ["--port", "3"],
      ["--host", "localhost"],
    ] as const;

    expect(settingsOf({ file, environment, flags })).toEqual({
      ...defaultSettings,
      port: 3,
      host: "localhost",
      data: "variable",
      pollHoldSeconds: 11,
    });
    expect(originsOf({ file, environment, flags })).toEqual({
      port: "flag --port",
      host: "flag --host",
      data: "env HEREABOUTS_DATA",
      pollHoldSeconds: "a.json:1",
    });
  });

  it("every setting can be set in each place", () => {
    const changed = {
      ...defaultSettings,
      host: "127.0.0.9",
      port: 81,
      data: ":memory:",
      pollHoldSeconds: 9,
      hereNowCacheMs: 0,
      drainSeconds: 7,
      logLevel: "debug",
      keysets: [{ subscribeKey: "s", publishKey: "p", policy: defaultPolicy }],
    };
    const list = '[{ "subscribeKey": "s", "publishKey": "p" }]';
    const { keysets: _keysets, partitions: _partitions, prefix: _prefix, ...single } = changed;

    expect(settingsOf({ file: JSON.stringify({ ...single, keysets: JSON.parse(list) }) })).toEqual(changed);
    expect(
      settingsOf({
        environment: {
          HEREABOUTS_HOST: "127.0.0.9",
          HEREABOUTS_PORT: "81",
          HEREABOUTS_DATA: ":memory:",
          HEREABOUTS_POLL_HOLD_SECONDS: "9",
          HEREABOUTS_HERE_NOW_CACHE_MS: "0",
          HEREABOUTS_DRAIN_SECONDS: "7",
          HEREABOUTS_LOG_LEVEL: "debug",
          HEREABOUTS_KEYSETS: list,
        },
      }),
    ).toEqual(changed);
    expect(
      settingsOf({
        flags: [
          ["--host", "127.0.0.9"],
          ["--port", "81"],
          ["--data", ":memory:"],
          ["--poll-hold-seconds", "9"],
          ["--here-now-cache-ms", "0"],
          ["--drain-seconds", "7"],
          ["--log-level", "debug"],
          ["--keyset", "s:p"],
        ],
      }),
    ).toEqual(changed);
  });

  it("settings of a cluster engine can be set in each place, and the drain is longer there unless it is set", () => {
    const engine = "redis+cluster://ann:se%40cret@a:1,[::1]:2,c";
    const changed = { ...defaultSettings, engine, partitions: 6, prefix: "my.app", drainSeconds: 3 };

    expect(settingsOf({ file: JSON.stringify({ engine, partitions: 6, prefix: "my.app" }) })).toEqual(
      changed,
    );
    expect(
      settingsOf({
        environment: {
          HEREABOUTS_ENGINE: engine,
          HEREABOUTS_PARTITIONS: "6",
          HEREABOUTS_PREFIX: "my.app",
          HEREABOUTS_DRAIN_SECONDS: "0",
        },
      }),
    ).toEqual({ ...changed, drainSeconds: 0 });
    expect(
      settingsOf({
        flags: [
          ["--engine", engine],
          ["--partitions", "6"],
          ["--prefix", "my.app"],
        ],
      }),
    ).toEqual(changed);
  });

  it("of a flag that is given twice, the last counts", () => {
    const flags = [
      ["--config", "nope.json"],
      ["--config", "a.json"],
      ["--port", "1"],
      ["--port", "2"],
    ] as const;

    expect(
      parseConfiguration({
        flags: flags.map(([flag, text]) => ({ flag, text })),
        environment: new Map(),
        readText: (path) => (path === "a.json" ? '{ "host": "::1" }' : ""),
      }),
    ).toMatchObject({ ok: true, configuration: { settings: { port: 2, host: "::1" } } });
  });

  it("an empty variable counts as not set", () => {
    expect(
      settingsOf({ environment: { HEREABOUTS_PORT: "", HEREABOUTS_KEYSETS: "", HEREABOUTS_CONFIG: "" } }),
    ).toEqual(defaultSettings);
  });

  it("a list of keysets takes the place of another, with its origins", () => {
    const file = '{ "keysets": [{ "subscribeKey": "a", "publishKey": "b", "debounceSeconds": 5 }] }';

    expect(originsOf({ file, flags: [["--keyset", "s:p"]] })).toEqual({
      "keysets[0].subscribeKey": "flag --keyset",
      "keysets[0].publishKey": "flag --keyset",
    });
  });

  it("the file may be named by a variable; a flag names another", () => {
    expect(settingsOf({ environment: { HEREABOUTS_CONFIG: "nope.json" } })).toEqual([
      "HEREABOUTS_CONFIG: cannot read nope.json: there is no such file",
    ]);
    expect(settingsOf({ file: '{ "port": 5 }', environment: { HEREABOUTS_CONFIG: "nope.json" } })).toEqual({
      ...defaultSettings,
      port: 5,
    });
  });
});

describe("the file", () => {
  it("may have comments, trailing commas and a byte order mark", () => {
    expect(settingsOf({ file: '\uFEFF{ // why\n "port": 5, /* not */ }' })).toEqual({
      ...defaultSettings,
      port: 5,
    });
  });

  it("has policies of keysets in it, complete with defaults", () => {
    const policy = {
      presenceTimeoutSeconds: 30,
      debounceSeconds: 0.5,
      impliedHeartbeat: false,
      globalHereNow: false,
      streamFiltering: false,
      hereNowStaleMs: 100,
      channelsPerGroupMax: 9,
    };
    const file = JSON.stringify({
      keysets: [
        { subscribeKey: "s", publishKey: "p", ...policy },
        { subscribeKey: "t", publishKey: "p" },
      ],
    });

    expect(settingsOf({ file })).toEqual({
      ...defaultSettings,
      keysets: [
        { subscribeKey: "s", publishKey: "p", policy: { ...defaultPolicy, ...policy } },
        { subscribeKey: "t", publishKey: "p", policy: defaultPolicy },
      ],
    });
  });
});

describe("rules", () => {
  it("are read with everything that they may set, and are complete with what the keyset has", () => {
    const rules = [
      {
        channels: "chat-*",
        track: true,
        events: ["join", "interval"],
        announceMax: 5,
        intervalSeconds: 30,
        presenceDeltas: true,
        presenceTimeoutSeconds: 20,
        presenceTimeoutSecondsMin: 20,
        presenceTimeoutSecondsMax: 40,
        debounceSeconds: 0.5,
        leaveOnDisconnect: true,
        disconnectGraceSeconds: 1.5,
        activeNoticeChannel: "chats",
      },
      { channels: "quiet", track: false, activeNoticeChannel: null },
    ];
    const policy = { tracking: "selected", multiDevice: "refcount", activeNoticeChannel: "all", rules };
    const file = JSON.stringify({ keysets: [{ subscribeKey: "s", publishKey: "p", ...policy }] });

    expect(settingsOf({ file })).toEqual({
      ...defaultSettings,
      keysets: [{ subscribeKey: "s", publishKey: "p", policy: { ...defaultPolicy, ...policy } }],
    });
    expect(originsOf({ file })).toMatchObject({ "keysets[0].rules": "a.json:1" });
  });

  it("that are wrong are refused with the reason and the place, all at once", () => {
    const file = [
      '{ "keysets": [{ "subscribeKey": "s", "publishKey": "p", "presenceTimeoutSecondsMin": 5, "rules": [',
      '  { "channels": "a-pnpres" },',
      '  { "channels": "a", "anounceMax": 1 },',
      '  { "channels": "a", "announceMax": 10001, "events": ["join", "arrive"] },',
      '  { "track": true },',
      '  { "channels": "b", "presenceTimeoutSeconds": 4 },',
      '  { "channels": "b", "activeNoticeChannel": "x.*" },',
      '  { "channels": "b", "events": ["join", "join"] },',
      '  { "channels": "**********" },',
      "  7",
      "] }] }",
    ].join("\n");

    expect(problemsOf({ file })).toEqual([
      'a.json:2:17: keysets[0].rules[0].channels: "a-pnpres" is not a channel\'s name or a pattern with * for any characters',
      'a.json:3:22: unknown key "anounceMax"; did you mean announceMax?',
      'a.json:4:54: keysets[0].rules[2].events: ["join", "arrive"] is not a list of join, leave, timeout, state-change, interval',
      "a.json:4:37: keysets[0].rules[2].announceMax: 10001 is not a whole number from 0 to 10000",
      "a.json:5:3: keysets[0].rules[3]: channels is missing",
      'a.json:7:45: keysets[0].rules[5].activeNoticeChannel: "x.*" is not a channel\'s name (no comma, no wildcard, no presence channel) or null',
      "a.json:10:3: 7 is not an object with channels, track, events, presenceTimeoutSeconds, presenceTimeoutSecondsMin, presenceTimeoutSecondsMax, debounceSeconds, announceMax, intervalSeconds, presenceDeltas, leaveOnDisconnect, disconnectGraceSeconds, activeNoticeChannel",
      "a.json:6:3: keysets[0].rules[4]: presenceTimeoutSeconds is 4; it must be from presenceTimeoutSecondsMin, which is 5, to presenceTimeoutSecondsMax, which is 3600.",
      'a.json:8:3: keysets[0].rules[6]: channels is "b", as in rules[4].',
      'a.json:8:3: keysets[0].rules[6]: events has "join" twice.',
      'a.json:9:3: keysets[0].rules[7]: channels is "**********", which has 10 times *, more than 8.',
    ]);
  });

  it("are a list of at most 200", () => {
    const keyset = { subscribeKey: "s", publishKey: "p" };
    const many = Array.from({ length: 201 }, (_, number) => ({ channels: `c${number}` }));
    const ask = (rules: unknown): readonly string[] =>
      problemsOf({ file: JSON.stringify({ keysets: [{ ...keyset, rules }] }) });

    expect(ask(many.slice(1))).toEqual([]);
    expect(ask(many)).toEqual(["a.json:1:58: keysets[0].rules: lists 201 rules, more than 200"]);
    expect(ask({ channels: "a" })).toEqual(['a.json:1:58: keysets[0].rules: {"channels":"a"} is not a list']);
  });

  it("settings that do not fit together are refused with the keyset's place", () => {
    const file =
      '{ "keysets": [{ "subscribeKey": "s", "publishKey": "p", "presenceTimeoutSecondsMax": 60 }] }';

    expect(problemsOf({ file })).toEqual([
      "a.json:1:15: keysets[0]: presenceTimeoutSeconds is 300; it must be from presenceTimeoutSecondsMin, which is 1, to presenceTimeoutSecondsMax, which is 60.",
    ]);
  });
});

describe("problems", () => {
  it("are all told at once, each with its place, the value and what may be", () => {
    const file = [
      "{",
      '  "prot": 7400,',
      '  "port": 70000, "port": 1,',
      '  "host": "[::1]",',
      '  "pollHoldSeconds": "280",',
      '  "logLevel": "verbose",',
      '  "data": ["a"],',
      '  "hereNowCacheMs": 1.5,',
      '  "keysets": [',
      '    { "subscribeKey": "a/b", "publishKey": "p", "presenceTimeoutSeconds": 0 },',
      '    { "subscribeKey": "s", "debounce": 1 },',
      '    { "subscribeKey": "s", "publishKey": 7, "impliedHeartbeat": "yes" },',
      "    5",
      "  ]",
      "}",
    ].join("\r\n");

    expect(
      problemsOf({
        file,
        environment: {
          HEREABOUTS_PORT: "tcp://10.0.0.1:7400",
          HEREABOUTS_POLL_HOLD: "10",
          HEREABOUTS_KEYSETS: '[{ "subscribeKey": "" }]',
        },
        flags: [
          ["--port", "7400.5"],
          ["--log-level", "INFO"],
          ["--keyset", "demo"],
        ],
      }),
    ).toEqual([
      'a.json:2:3: unknown key "prot"; did you mean port?',
      "a.json:3:18: port is set twice; its first value is at 3:11",
      'a.json:4:11: host: "[::1]" is not an IP address or a host name (no port, no brackets)',
      "a.json:3:11: port: 70000 is not a whole number from 0 to 65535",
      'a.json:7:11: data: ["a"] is not a directory or :memory:',
      'a.json:5:22: pollHoldSeconds: "280" is not a whole number of seconds from 1 to 300',
      "a.json:8:21: hereNowCacheMs: 1.5 is not a whole number of ms from 0 to 60000",
      'a.json:6:15: logLevel: "verbose" is not one of silent, fatal, error, warn, info, debug',
      'a.json:10:23: keysets[0].subscribeKey: "a/b" contains a slash',
      "a.json:10:75: keysets[0].presenceTimeoutSeconds: 0 is not a whole number of seconds from 1 to 3600",
      'a.json:11:28: unknown key "debounce"; did you mean debounceSeconds?',
      "a.json:11:5: keysets[1]: publishKey is missing",
      'a.json:12:23: keysets[2].subscribeKey: "s" is taken by keysets[1]',
      "a.json:12:42: keysets[2].publishKey: 7 is not a text",
      'a.json:12:65: keysets[2].impliedHeartbeat: "yes" is not true or false',
      "a.json:13:5: 5 is not an object with subscribeKey, publishKey, presenceTimeoutSeconds, presenceTimeoutSecondsMin, presenceTimeoutSecondsMax, debounceSeconds, announceMax, intervalSeconds, presenceDeltas, leaveOnDisconnect, disconnectGraceSeconds, activeNoticeChannel, impliedHeartbeat, multiDevice, globalHereNow, streamFiltering, hereNowStaleMs, channelsPerGroupMax, tracking, rules",
      'HEREABOUTS_PORT: "tcp://10.0.0.1:7400" is not a whole number from 0 to 65535 (Kubernetes sets it for a service called hereabouts: set enableServiceLinks to false in the pod)',
      'HEREABOUTS_KEYSETS:1:20: keysets[0].subscribeKey: "" is empty',
      "HEREABOUTS_KEYSETS:1:2: keysets[0]: publishKey is missing",
      "HEREABOUTS_POLL_HOLD: unknown environment variable; did you mean HEREABOUTS_POLL_HOLD_SECONDS?",
      '--port: "7400.5" is not a whole number from 0 to 65535',
      '--log-level: "INFO" is not one of silent, fatal, error, warn, info, debug',
      '--keyset: "demo" is not SUBSCRIBE:PUBLISH, such as demo:demo (keys with a colon go into a file)',
    ]);
  });

  it.each([
    ["{", "a.json:1:2: not JSON: a closing brace is missing"],
    ['{\n  "port" 7\n}', "a.json:2:10: not JSON: a colon is missing"],
    ['{\n  "port": 7\n  "host": "::1"\n}', "a.json:3:3: not JSON: a comma is missing"],
    ["", "a.json:1:1: not JSON: a value is missing"],
    ["{} {}", "a.json:1:4: not JSON: something follows after the end"],
    ["{ 'port': 7 }", "a.json:1:3: not JSON: an unknown word or sign"],
    [
      "[1]",
      "a.json:1:1: [1] is not an object with host, port, engine, partitions, prefix, data, pollHoldSeconds, hereNowCacheMs, drainSeconds, streamTimeoutSeconds, logLevel, keysets",
    ],
    ['{ "keysets": [] }', "a.json:1:14: keysets: [] is not a list of one keyset or more"],
    ['{ "keysets": {} }', "a.json:1:14: keysets: {} is not a list of one keyset or more"],
    ['{ "__proto__": {} }', 'a.json:1:3: unknown key "__proto__"; did you mean port?'],
    [
      '{ "secretKey": 1 }',
      'a.json:1:3: unknown key "secretKey"; known are host, port, engine, partitions, prefix, data, pollHoldSeconds, hereNowCacheMs, drainSeconds, streamTimeoutSeconds, logLevel, keysets',
    ],
  ])("a file %s has one problem", (file, problem) => {
    expect(problemsOf({ file })).toEqual([problem]);
  });

  it.each([
    [
      [
        ["--port", "x"],
        ["--port", "2"],
      ],
      '--port: "x" is not a whole number from 0 to 65535',
    ],
    [[["--config", "x"]], "--config: cannot read x: there is no such file"],
    [[["--host", "a b"]], '--host: "a b" is not an IP address or a host name (no port, no brackets)'],
    [
      [["--host", "127.0.0.1:80"]],
      '--host: "127.0.0.1:80" is not an IP address or a host name (no port, no brackets)',
    ],
    [
      [["--host", "300.1.1.1"]],
      '--host: "300.1.1.1" is not an IP address or a host name (no port, no brackets)',
    ],
    [[["--data", ""]], '--data: "" is not a directory or :memory:'],
    [[["--port", ""]], '--port: "" is not a whole number from 0 to 65535'],
    [[["--port", "0x10"]], '--port: "0x10" is not a whole number from 0 to 65535'],
    [
      [
        ["--keyset", "a:b"],
        ["--keyset", "a:c"],
      ],
      '--keyset: the subscribe key "a" is given twice',
    ],
    [[["--keyset", ":b"]], '--keyset: the subscribe key of ":b" is empty'],
    [[["--keyset", "a:b,c"]], '--keyset: the publish key of "a:b,c" contains a comma'],
    [
      [["--keyset", "a:b:c"]],
      '--keyset: "a:b:c" is not SUBSCRIBE:PUBLISH, such as demo:demo (keys with a colon go into a file)',
    ],
  ] as const)("flags %j have a problem", (flags, problem) => {
    expect(problemsOf({ flags })).toContain(problem);
  });

  it.each([
    "redis://localhost",
    "redis://localhost:6379/",
    "redis://:secret@localhost:6379/3",
    "rediss://ann:se%40cret@redis.example.com:6380",
    "redis+cluster://10.0.0.1:7000,10.0.0.2:7000",
    "rediss+cluster://ann:secret@[::1]:7000",
    "redis+sentinel://a:26379,b:26379,c:26379/my-master",
  ])("%s may be the engine", (engine) => {
    expect(settingsOf({ flags: [["--engine", engine]] })).toMatchObject({ engine });
  });

  it.each([
    ["redis://", "redis://"],
    ["redis", "redis"],
    ["Embedded", "Embedded"],
    ["http://localhost", "http://localhost"],
    ["redis://a,b", "redis://a,b"],
    ["redis://ann:sec@ret@a:0", "redis://ann:***@a:0"],
    ["redis://secret@a:99999", "redis://***@a:99999"],
    ["redis://ann:100%@a", "redis://ann:***@a"],
    ["redis+sentinel://:s@a:1", "redis+sentinel://:***@a:1"],
    ["redis+cluster://:s@a:1/1", "redis+cluster://:***@a:1/1"],
    ["redis://:s/e/c@a?b=c", "redis://:***@a?b=c"],
  ])("%s may not be the engine, and its password is not told", (engine, shown) => {
    const may =
      "is not embedded or an address such as redis://user:password@host:6379 (see the documentation for others)";
    const told = `${JSON.stringify(shown)} ${may}`;

    expect(problemsOf({ flags: [["--engine", engine]] })).toEqual([`--engine: ${told}`]);
    expect(problemsOf({ environment: { HEREABOUTS_ENGINE: engine } })).toEqual([
      `HEREABOUTS_ENGINE: ${told}`,
    ]);
    expect(problemsOf({ file: JSON.stringify({ engine }) })).toEqual([`a.json:1:11: engine: ${told}`]);
  });

  it("what is set for the engine that is not in use is refused", () => {
    expect(problemsOf({ flags: [["--engine", "redis://a"]], environment: { HEREABOUTS_DATA: "d" } })).toEqual(
      [
        "data (env HEREABOUTS_DATA): a cluster engine keeps everything, and nothing is stored on this machine: leave it out",
      ],
    );
    expect(problemsOf({ file: '{ "partitions": 3 }', flags: [["--prefix", "p"]] })).toEqual([
      "partitions (a.json:1): only a cluster engine has it, and the engine is embedded: leave it out",
      "prefix (flag --prefix): only a cluster engine has it, and the engine is embedded: leave it out",
    ]);
  });

  it("a long value is shortened", () => {
    expect(problemsOf({ file: `{ "data": "${"x".repeat(5_000)}" }` })).toEqual([
      `a.json:1:11: data: "${"x".repeat(56)}... is not a directory or :memory:`,
    ]);
  });

  it("too many keysets are refused", () => {
    const keysets = Array.from({ length: 10_001 }, (_, index) => ({
      subscribeKey: `s${index}`,
      publishKey: "p",
    }));

    expect(problemsOf({ file: JSON.stringify({ keysets }) })).toEqual([
      "a.json:1:12: keysets: lists 10001 keysets, more than 10000",
    ]);
  });

  it("variables that Kubernetes sets for a service of this name are let alone", () => {
    const environment = {
      HEREABOUTS_SERVICE_HOST: "10.0.0.1",
      HEREABOUTS_SERVICE_PORT: "7400",
      HEREABOUTS_SERVICE_PORT_HTTP: "7400",
      HEREABOUTS_PORT_7400_TCP: "tcp://10.0.0.1:7400",
      HEREABOUTS_PORT_7400_TCP_ADDR: "10.0.0.1",
    };

    expect(settingsOf({ environment })).toEqual(defaultSettings);
  });

  it("the open keyset off this machine is refused, and only it", () => {
    const flags = [["--host", "0.0.0.0"]] as const;

    expect(problemsOf({ flags: [...flags, ["--keyset", "demo:demo"]] })).toEqual([
      'refusing to listen on 0.0.0.0 with the demo/demo keyset, whose keys everybody knows; set keysets of your own (--keyset my-subscribe-key:my-publish-key, HEREABOUTS_KEYSETS, or "keysets" in a --config file) or listen on 127.0.0.1',
    ]);
    expect(problemsOf({ flags: [...flags, ["--keyset", "a:b"]] })).toEqual([]);
    // What is stored is not known yet: the composition root asks again when it is.
    expect(problemsOf({ flags })).toEqual([]);
  });
});
