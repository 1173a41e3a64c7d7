/** Configuration: options, their sources, and what is in force. */
export {
  type Configuration,
  type ConfigurationInput,
  type ParsedConfiguration,
  parseConfiguration,
} from "./configuration.ts";
export { keyProblem } from "./keys.ts";
export type { GivenFlag, Origin } from "./layers.ts";
export { demoKey, isLoopback, openDemoProblem } from "./open-demo.ts";
export { nodeOptions, type Option } from "./options.ts";
export { optionTables, printConfiguration, printOptions, printPolicyFields } from "./print.ts";
export { hint } from "./suggest.ts";
