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

    expect(print(file, [["--port", "0"]])).toMatchInlineSnapshot();
  });

  it("without keysets says which will be in force", () => {
    expect(JSON.parse(print(undefined, [])).keysets).toEqual({
      value: null,
      source: "default",
      meaning: "those stored in the data directory, else demo:demo",
    });
  });

  it("has these tables in the documentation", () => {
    expect(optionTables()).toMatchInlineSnapshot();
  });
});
