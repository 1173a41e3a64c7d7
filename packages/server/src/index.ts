/** The Hereabouts service. */
export {
  type Configuration,
  type ConfigurationInput,
  type GivenFlag,
  hint,
  nodeOptions,
  type Option,
  openDemoProblem,
  optionTables,
  type ParsedConfiguration,
  parseConfiguration,
  printConfiguration,
  printOptions,
  printPolicyFields,
} from "./config/index.ts";
export { type Listener, type ListenOptions, listen, runtimeName } from "./http/listen.ts";
export { createLog, type Log, type LogFields } from "./log.ts";
export { RefusedSettingsError, type RunningServer, runServer } from "./main.ts";
export { type HereaboutsNode, type NodeOptions, openNode } from "./node.ts";
export { StartCancelledError } from "./open-engine.ts";
export { type Publish, type Sink, Topics } from "./service/stream/sink.ts";
export { Stream } from "./service/stream/stream.ts";
export type { StreamDoor } from "./service/stream/streams.ts";
export { defaultSettings, type LogLevel, type Settings } from "./settings.ts";
export { createSystemRandom } from "./system-random.ts";
export { createSystemScheduler, type TimeSources } from "./system-scheduler.ts";
