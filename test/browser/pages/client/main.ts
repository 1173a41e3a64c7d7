/** A page that runs the client's own scenarios, one by one, as a test asks for them. */
import { type Carriage, scenarios } from "../../../../packages/client/test/support/scenarios.ts";

declare global {
  interface Window {
    /** Runs a scenario by its name. Rejects with what went wrong. */
    runScenario(name: string, origin: string, stream: Carriage): Promise<void>;
  }
}

window.runScenario = async (name, origin, stream) => {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario "${name}" on this page.`);
  await scenario.run(origin, stream);
};
