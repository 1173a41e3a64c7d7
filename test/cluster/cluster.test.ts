/** Real faults in small: the scenarios that take less than 20 s, with 200 users on three nodes, who poll or hold streams. */
import { describe, expect, it } from "vitest";
import { scenarios } from "./support/all.ts";
import { runScenario } from "./support/outcome.ts";
import { reducedSize } from "./support/stage.ts";

const quick = scenarios.flatMap((scenario) =>
  scenario.quick.map((transport) => ({ scenario, transport, title: scenario.title })),
);

describe.each(quick)("$title; users hold a $transport", ({ scenario, transport }) => {
  it("costs nothing but what Redis itself forgets", async () => {
    const said: string[] = [];
    const result = await runScenario({
      ...{ scenario, transport, runtime: "bun", size: reducedSize, command: "npm test" },
      say: (line) => said.push(line),
    });

    expect(result.faults, said.join("\n")).toEqual([]);
  });
});
