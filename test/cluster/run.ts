/** `npm run e2e:cluster`: breaks a real cluster in every way it knows and writes down what that cost. */
import { parseArgs } from "node:util";
import { type Runtime, runtimes } from "@hereabouts/testkit";
import type { Transport } from "@hereabouts/testkit/cluster";
import { scenarios } from "./support/all.ts";
import { runScenario } from "./support/outcome.ts";
import { keepOutcome, writeTable } from "./support/report.ts";
import type { Scenario } from "./support/scenario.ts";
import { fullSize, reducedSize } from "./support/stage.ts";

const help = [
  "Usage: npm run e2e:cluster [-- options]",
  "",
  "Starts Redis, nodes, a balancer and a crowd, breaks something, and judges what everybody saw. Keeps the figures in",
  "test/cluster/results and puts them into the table of docs/reliability.md. Needs redis-server on the PATH.",
  "",
  "  --scenario NAME   only this one; may be repeated",
  "  --runtime NAME    bun or node: what the nodes run on; default bun",
  "  --transport NAME  poll or stream: what users hold; default one after the other",
  "  --reduced         as small as in npm test; nothing is kept",
  "  --table           only make the table anew from what is kept",
  "  --help            this",
  "",
  "Scenarios:",
  ...scenarios.map(({ name, title }) => `  ${name.padEnd(18)}${title}`),
].join("\n");

const transports: readonly Transport[] = ["poll", "stream"];

const endWithinMs = 10_000;

interface Options {
  readonly chosen: readonly Scenario[];
  readonly runtime: Runtime;
  readonly chosenTransports: readonly Transport[];
  readonly isReduced: boolean;
  readonly isTableOnly: boolean;
}

process.exitCode = await main(process.argv.slice(2));
// Everything is put away: what keeps this process alive now has been forgotten, here or in the SDK.
setTimeout(() => {
  console.error(`Something is left open: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit(1);
}, endWithinMs).unref();

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === "string") {
    const isHelp = options === help;
    (isHelp ? console.log : console.error)(options);
    return isHelp ? 0 : 2;
  }
  if (options.isTableOnly) {
    writeTable(scenarios);
    return 0;
  }
  let bad = 0;
  for (const scenario of options.chosen) {
    for (const transport of options.chosenTransports) {
      if (!(await runOne(scenario, transport, options))) bad += 1;
    }
  }
  if (!options.isReduced) writeTable(scenarios);
  const runs = options.chosen.length * options.chosenTransports.length;
  console.log(`\n${runs - bad} runs passed, ${bad} failed`);
  return bad === 0 ? 0 : 1;
}

async function runOne(
  scenario: Scenario,
  transport: Transport,
  { runtime, isReduced }: Options,
): Promise<boolean> {
  console.log(`\n${scenario.name}, ${transport}s: ${scenario.title}`);
  const base = isReduced ? reducedSize : fullSize;
  const { timeoutSeconds } = scenario;
  const size =
    timeoutSeconds === undefined ? base : { ...base, timeoutSeconds, streamTimeoutSeconds: timeoutSeconds };
  const command = `npm run e2e:cluster -- --runtime ${runtime} --transport ${transport}`;
  const startedAt = performance.now();
  const say = (line: string): void =>
    console.log(`  ${((performance.now() - startedAt) / 1_000).toFixed(1)} s  ${line}`);
  try {
    const { outcome, faults } = await runScenario({ scenario, runtime, transport, size, command, say });
    for (const [name, value] of Object.entries(outcome)) console.log(`    ${name}: ${value}`);
    for (const fault of faults) console.log(`  FAULT  ${fault}`);
    if (!isReduced) console.log(`  kept in ${keepOutcome(outcome)}`);
    return outcome.isGood;
  } catch (error) {
    console.error(error);
    return false;
  }
}

/** The options, or what to print instead of running. */
function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scenario: { type: "string", multiple: true },
        runtime: { type: "string", default: "bun" },
        transport: { type: "string" },
        reduced: { type: "boolean", default: false },
        table: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return help;
    const runtime = runtimes.find((name) => name === values.runtime);
    if (runtime === undefined) return `There is no runtime ${values.runtime}: bun or node.`;
    const chosenTransports = transports.filter((name) => name === (values.transport ?? name));
    if (chosenTransports.length === 0) return `There is no transport ${values.transport}: poll or stream.`;
    const wished = values.scenario ?? scenarios.map(({ name }) => name);
    const unknown = wished.filter((name) => !scenarios.some((scenario) => scenario.name === name));
    if (unknown.length > 0) return `There is no scenario ${unknown.join(", ")}: see --help.`;
    const chosen = scenarios.filter(({ name }) => wished.includes(name));
    return { chosen, runtime, chosenTransports, isReduced: values.reduced, isTableOnly: values.table };
  } catch (error) {
    return error instanceof Error ? `${error.message}\n\n${help}` : help;
  }
}
