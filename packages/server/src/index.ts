/** The Hereabouts service. */
export { type Log, type LogFields, createLog, silentLog } from "./log.ts";
export { type RunningServer, RefusedSettingsError, runServer } from "./main.ts";
export { type LogLevel, type Settings, defaultSettings } from "./settings.ts";

export { type Listener, type ListenOptions, listen, runtimeName } from "./http/listen.ts";
export { type HereaboutsNode, type NodeOptions, openNode } from "./node.ts";
export { type TimeSources, createSystemScheduler } from "./system-scheduler.ts";
