import { readFileSync } from "node:fs";
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
        "engine": {
          "value": "embedded",
          "source": "default"
        },
        "partitions": {
          "value": null,
          "source": "default"
        },
        "prefix": {
          "value": "hereabouts",
          "source": "default"
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
        "drainSeconds": {
          "value": 0,
          "source": "default"
        },
        "streamTimeoutSeconds": {
          "value": 10,
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
            "presenceTimeoutSecondsMin": {
              "value": 1,
              "source": "default"
            },
            "presenceTimeoutSecondsMax": {
              "value": 3600,
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
            "announceMax": {
              "value": 20,
              "source": "default"
            },
            "intervalSeconds": {
              "value": 10,
              "source": "default"
            },
            "presenceDeltas": {
              "value": false,
              "source": "default"
            },
            "leaveOnDisconnect": {
              "value": false,
              "source": "default"
            },
            "disconnectGraceSeconds": {
              "value": 3,
              "source": "default"
            },
            "multiDevice": {
              "value": "each",
              "source": "default"
            },
            "activeNoticeChannel": {
              "value": null,
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
            },
            "tracking": {
              "value": "all",
              "source": "default"
            },
            "rules": {
              "value": [],
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
      meaning: "those the engine has stored, else demo:demo",
    });
  });

  it("has its tables in the documentation; npm run docs writes them", () => {
    const page = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8");

    expect(page).toContain(optionTables());
  });
});
