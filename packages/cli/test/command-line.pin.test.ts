import { describe, expect, it } from "vitest";
import { command } from "./support.ts";

describe("hereabouts", () => {
  it("has a help", async () => {
    expect(await command(["--help"])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "Usage: hereabouts <command> [options]

      A self-hosted presence service: who is here now, where is this user now, in what state.

      Commands:
        serve        runs a node; hereabouts serve --help lists its options

      Options:
        --help       prints this help, or a command's
        --version    prints the version
      ",
      }
    `);
  });

  it("has a help for serve, with unit, range, default and variable of each option", async () => {
    expect((await command(["serve", "--help"])).out).toMatchInlineSnapshot(`
      "Usage: hereabouts serve [options]

      Runs a node until it is told to stop (Ctrl-C, SIGTERM). What it says about itself goes to standard error, one JSON
      line each. Told by SIGUSR2, it reads its configuration again and takes the keysets that it finds, without a restart.

      Options, each with [what it may be; its default; its environment variable]:
        --config FILE
            A file to take settings from. Environment variables go before it, and flags before both.
            [JSON; comments and trailing commas allowed; HEREABOUTS_CONFIG]
        --host ADDRESS
            The interface to listen on; 0.0.0.0 or :: for all of them.
            [IP address or host name; default 127.0.0.1; HEREABOUTS_HOST]
        --port NUMBER
            The TCP port to listen on; 0 takes a free one.
            [0-65535; default 7400; HEREABOUTS_PORT]
        --engine ENGINE
            Who keeps seats, groups and keysets: this node by itself, or a Redis or Valkey that many nodes
            share. Everybody who lists processes sees a password in a flag, so give it in the variable or
            a file.
            [embedded, redis://HOST:PORT, rediss://HOST:PORT, redis+cluster://HOST:PORT,HOST:PORT,
            rediss+cluster://..., redis+sentinel://HOST:PORT,HOST:PORT/NAME; each with USER:PASSWORD@
            where needed; default embedded; HEREABOUTS_ENGINE]
        --partitions NUMBER
            Parts into which a cluster engine divides a keyset: the first node settles it, and another
            number is refused later. For cluster engines only.
            [1-256; default what is settled, else 24; HEREABOUTS_PARTITIONS]
        --prefix PREFIX
            What the names in a cluster engine begin with, so that it may be used for more than one
            service. For cluster engines only.
            [1-100 letters, digits, dots, dashes, underscores; default hereabouts; HEREABOUTS_PREFIX]
        --data DIRECTORY
            Where the embedded engine keeps groups, keysets and, over a restart, seats, from the working
            directory; :memory: keeps nothing.
            [directory or :memory:; default ./.hereabouts; HEREABOUTS_DATA]
        --poll-hold-seconds SECONDS
            How long a poll is held when nothing happens; clients give up after 310.
            [1-300 seconds; default 280; HEREABOUTS_POLL_HOLD_SECONDS]
        --here-now-cache-ms MS
            How long an encoded here now answer is kept for the next caller while its channel stays
            unchanged.
            [0-60000 ms; default 3000; HEREABOUTS_HERE_NOW_CACHE_MS]
        --drain-seconds SECONDS
            Over how long a node that is told to stop spreads the answers to held polls, and says that it
            is not ready.
            [0-60 seconds; default 0, with a cluster engine 3; HEREABOUTS_DRAIN_SECONDS]
        --stream-timeout-seconds SECONDS
            How long seats outlast a node that dies with their streams open: then other nodes announce
            them as timed out. Nodes renew at a third of it.
            [3-60 seconds; default 10; HEREABOUTS_STREAM_TIMEOUT_SECONDS]
        --log-level LEVEL
            How much the node says about itself.
            [silent, fatal, error, warn, info, debug; default info; HEREABOUTS_LOG_LEVEL]
        --keyset SUBSCRIBE:PUBLISH
            A tenant by its subscribe and publish key; repeat it for more. The variable and the file hold
            a JSON list of objects.
            [1-92 characters a key, without slash, comma, white space; default those the engine has
            stored, else demo:demo; HEREABOUTS_KEYSETS]
        --runtime RUNTIME
            What to run on: auto takes Bun 1.4 or newer when there is one, else Node.js 24 or newer.
            [auto, bun, node; default auto; HEREABOUTS_RUNTIME]
        --print-config
            Prints what is in force as JSON, with the source of each value, and starts nothing.
        --help
            Prints this help.

      A file and HEREABOUTS_KEYSETS may say more about a keyset, beside "subscribeKey" and "publishKey":
        "presenceTimeoutSeconds"
            Without a renewal for this long a user's seat ends, where its client does not say otherwise.
            [1-3600 seconds; default 300]
        "presenceTimeoutSecondsMin"
            The least presence timeout that a client gets; who asks for less gets this.
            [1-3600 seconds; default 1]
        "presenceTimeoutSecondsMax"
            The most presence timeout that a client gets; who asks for more gets this.
            [1-3600 seconds; default 3600]
        "debounceSeconds"
            For this long after a leave, a returning poll does not join again.
            [0-60 seconds; default 2]
        "announceMax"
            Up to this many users in a channel every join, leave and timeout is told by an event of its
            own; above it the channel is summed up in intervals.
            [0-10000; default 20]
        "intervalSeconds"
            How often a channel with more than announceMax users is summed up.
            [1-3600 seconds; default 10]
        "presenceDeltas"
            Whether a summary names who joined, left and timed out since the one before.
            [true, false; default false]
        "leaveOnDisconnect"
            Whether a user leaves whose client closes the connection of a waiting poll.
            [true, false; default false]
        "disconnectGraceSeconds"
            For this long the client may come back before its user has left.
            [0-60 seconds; default 3]
        "activeNoticeChannel"
            Where a message is published when the first user comes to a channel and when the last one
            goes; null is nowhere.
            [a channel or null; default null]
        "impliedHeartbeat"
            Whether a poll renews the seats of its user.
            [true, false; default true]
        "multiDevice"
            Whether every leave of a user counts (each), or only one in channels that no other open poll
            of the user on the node covers (refcount).
            [each, refcount; default each]
        "globalHereNow"
            Whether here now may be asked for all channels at once.
            [true, false; default true]
        "streamFiltering"
            Whether presence events carry the metadata that filter expressions can select them by.
            [true, false; default true]
        "hereNowStaleMs"
            For how long a here now answer may be served although its channel has changed.
            [0-60000 ms; default 0]
        "channelsPerGroupMax"
            Channels a group may hold.
            [1-20000; default 2000]
        "tracking"
            Whether there is presence in all channels, or only in those that a rule selects.
            [all, selected; default all]
        "rules"
            What is different in some channels: a list of objects. The most specific that matches is in
            force.
            [fields of a rule: channels, track, events, presenceTimeoutSeconds, presenceTimeoutSecondsMin,
            presenceTimeoutSecondsMax, debounceSeconds, announceMax, intervalSeconds, presenceDeltas,
            leaveOnDisconnect, disconnectGraceSeconds, activeNoticeChannel; default none]

      A file, all of whose keys are optional:
        {
          "host": "0.0.0.0",
          "port": 7400,
          "keysets": [{ "subscribeKey": "my-sub", "publishKey": "my-pub", "presenceTimeoutSeconds": 60 }]
        }
      "
    `);
  });

  it("shows a help wherever the flag stands", async () => {
    const help = await command(["serve", "--help"]);

    expect(await command(["serve", "--port", "x", "--help"])).toEqual(help);
    expect(await command(["serve", "-h"])).toEqual(help);
    expect(await command(["-h"])).toEqual(await command(["--help"]));
  });

  it("knows its version", async () => {
    expect(await command(["--version"])).toEqual({ code: 0, out: "0.1.0\n", err: "" });
  });

  it("without a command shows its help as a complaint", async () => {
    const { out } = await command(["--help"]);

    expect(await command([])).toEqual({ code: 2, out: "", err: out });
  });

  it.each([
    [["sreve"], "hereabouts: unknown command sreve; did you mean serve?\n"],
    [["heartbeat"], "hereabouts: unknown command heartbeat; known are serve, --help, --version\n"],
    [["--hlep"], "hereabouts: unknown flag --hlep; did you mean --help?\n"],
    [["serve", "--prot", "7400"], "hereabouts: unknown flag --prot; did you mean --port?\n"],
    [["serve", "--prot=7400"], "hereabouts: unknown flag --prot; did you mean --port?\n"],
    [
      ["serve", "--pollHoldSeconds", "1"],
      "hereabouts: unknown flag --pollHoldSeconds; did you mean --poll-hold-seconds?\n",
    ],
    [["serve", "7400"], 'hereabouts: unexpected argument "7400"\n'],
    [["serve", "--port"], "hereabouts: --port needs a value: --port NUMBER\n"],
    [["serve", "--port", "--host", "::1"], "hereabouts: --port needs a value: --port NUMBER\n"],
    [["serve", "--print-config=yes"], "hereabouts: --print-config takes no value\n"],
    [["serve", "--port", "-1"], 'hereabouts: --port: "-1" is not a whole number from 0 to 65535\n'],
    [["serve", "--runtime", "deno"], 'hereabouts: --runtime: "deno" is not one of auto, bun, node\n'],
    [
      ["serve", "--runtime", "bun"],
      `hereabouts: --runtime: bun is asked for, but this is Node ${process.versions.node}\n`,
    ],
    [
      ["serve", "--config", "nope.json"],
      "hereabouts: --config: cannot read nope.json: there is no such file\n",
    ],
    [
      ["serve", "--prot", "1", "--host", "", "--log-level", "all"],
      [
        "hereabouts: unknown flag --prot; did you mean --port?",
        'hereabouts: --host: "" is not an IP address or a host name (no port, no brackets)',
        'hereabouts: --log-level: "all" is not one of silent, fatal, error, warn, info, debug',
        "",
      ].join("\n"),
    ],
  ])("refuses %j with exit code 2, and says why", async (args, err) => {
    expect(await command(args)).toEqual({ code: 2, out: "", err });
  });

  it("prints what is in force, without a server", async () => {
    const { code, out, err } = await command(
      ["serve", "--config", "a.json", "--port", "1", "--print-config"],
      {
        environment: { HEREABOUTS_HOST: "::1" },
        files: { "a.json": '{ "port": 2,\n"pollHoldSeconds": 3 }' },
      },
    );

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      host: { value: "::1", source: "env HEREABOUTS_HOST" },
      port: { value: 1, source: "flag --port" },
      pollHoldSeconds: { value: 3, source: "a.json:2" },
      logLevel: { value: "info", source: "default" },
    });
  });
});
