import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/config/configuration.ts";
import { optionTables, printConfiguration } from "../../src/config/print.ts";

function print(file: string | undefined, flags: readonly (readonly [string, string])[]): string {
  const named = file === undefined ? flags : [["--config", "a.json"] as const, ...flags];
  const parsed = parseConfiguration({
    flags: named.map(([flag, text]) => ({ flag, text })),
    environment: new Map([["HEREABOUTS_POLL_HOLD_SECONDS", "60"]]),
    readText: () => file ?? "",
  });
  return parsed.ok ? printConfiguration(parsed.configuration) : parsed.problems.join("\n");
}

describe("what is in force", () => {
  it("is printed with the source of each value", () => {
    const file =
      '{\n  "keysets": [\n    { "subscribeKey": "s",\n      "publishKey": "p", "debounceSeconds": 0 }\n  ]\n}';

    expect(print(file, [["--port", "0"]])).toMatchInlineSnapshot(`
      "{
        "host": {
          "value": "127.0.0.1",
          "source": "default"
        },
        "port": {
          "value": 0,
          "source": "flag --port"
        },
        "data": {
          "value": "./.hereabouts",
          "source": "default"
        },
        "pollHoldSeconds": {
          "value": 60,
          "source": "env HEREABOUTS_POLL_HOLD_SECONDS"
        },
        "hereNowCacheMs": {
          "value": 3000,
          "source": "default"
        },
        "logLevel": {
          "value": "info",
          "source": "default"
        },
        "keysets": [
          {
            "subscribeKey": {
              "value": "s",
              "source": "a.json:3"
            },
            "publishKey": {
              "value": "p",
              "source": "a.json:4"
            },
            "presenceTimeoutSeconds": {
              "value": 300,
              "source": "default"
            },
            "debounceSeconds": {
              "value": 0,
              "source": "a.json:4"
            },
            "impliedHeartbeat": {
              "value": true,
              "source": "default"
            },
            "globalHereNow": {
              "value": true,
              "source": "default"
            },
            "streamFiltering": {
              "value": true,
              "source": "default"
            },
            "hereNowStaleMs": {
              "value": 0,
              "source": "default"
            },
            "channelsPerGroupMax": {
              "value": 2000,
              "source": "default"
            }
          }
        ]
      }
      "
    `);
  });

  it("without keysets says which will be in force", () => {
    expect(JSON.parse(print(undefined, [])).keysets).toEqual({
      value: null,
      source: "default",
      meaning: "those stored in the data directory, else demo:demo",
    });
  });

  it("has these tables in the documentation", () => {
    expect(optionTables()).toMatchInlineSnapshot(`
      "| Flag | Variable | Key in a file | Range | Default | Meaning |
      |---|---|---|---|---|---|
      | \`--config FILE\` | \`HEREABOUTS_CONFIG\` |  | JSON; comments and trailing commas allowed |  | A file to take settings from. Environment variables go before it, and flags before both. |
      | \`--host ADDRESS\` | \`HEREABOUTS_HOST\` | \`host\` | IP address or host name | 127.0.0.1 | The interface to listen on; 0.0.0.0 or :: for all of them. |
      | \`--port NUMBER\` | \`HEREABOUTS_PORT\` | \`port\` | 0-65535 | 7400 | The TCP port to listen on; 0 takes a free one. |
      | \`--data DIRECTORY\` | \`HEREABOUTS_DATA\` | \`data\` | directory or :memory: | ./.hereabouts | Where channel groups and keysets are kept, relative to the working directory; :memory: keeps nothing. |
      | \`--poll-hold-seconds SECONDS\` | \`HEREABOUTS_POLL_HOLD_SECONDS\` | \`pollHoldSeconds\` | 1-300 seconds | 280 | How long a poll is held when nothing happens; clients give up after 310. |
      | \`--here-now-cache-ms MS\` | \`HEREABOUTS_HERE_NOW_CACHE_MS\` | \`hereNowCacheMs\` | 0-60000 ms | 3000 | How long an encoded here now answer is kept for the next caller while its channel stays unchanged. |
      | \`--log-level LEVEL\` | \`HEREABOUTS_LOG_LEVEL\` | \`logLevel\` | silent, fatal, error, warn, info, debug | info | How much the node says about itself. |
      | \`--keyset SUBSCRIBE:PUBLISH\` | \`HEREABOUTS_KEYSETS\` | \`keysets\` | 1-92 characters a key, without slash, comma, white space | those stored in the data directory, else demo:demo | A tenant by its subscribe and publish key; repeat it for more. The variable and the file hold a JSON list of objects. |

      | Field of a keyset | Range | Default | Meaning |
      |---|---|---|---|
      | \`presenceTimeoutSeconds\` | 1-3600 seconds | 300 | Without a renewal for this long a user's seat ends, where its client does not say otherwise. |
      | \`debounceSeconds\` | 0-60 seconds | 2 | For this long after a leave, a returning poll does not join again. |
      | \`impliedHeartbeat\` | true, false | true | Whether a poll renews the seats of its user. |
      | \`globalHereNow\` | true, false | true | Whether here now may be asked for all channels at once. |
      | \`streamFiltering\` | true, false | true | Whether presence events carry the metadata that filter expressions can select them by. |
      | \`hereNowStaleMs\` | 0-60000 ms | 0 | For how long a here now answer may be served although its channel has changed. |
      | \`channelsPerGroupMax\` | 1-20000 | 2000 | Channels a group may hold. |
      "
    `);
  });
});
