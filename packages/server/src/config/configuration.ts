/**
 * Makes settings of a file, the environment and flags, in rising priority. Every problem is found before any is told,
 * and each says where it is, what was given and what may be.
 */
import { defaultSettings, drainSecondsOfCluster, type Settings } from "../settings.ts";
import { embeddedEngine, isClusterEngine } from "./engine-address.ts";
import type { JsonSource, Report } from "./json-source.ts";
import { environmentLayer, fileLayer, flagLayer, type GivenFlag, type Layer, type Origin } from "./layers.ts";
import { openDemoProblem } from "./open-demo.ts";
import { configOption } from "./options.ts";

/** What a configuration is made of. */
export interface ConfigurationInput {
  /** In the order given. Only flags of `nodeOptions`. */
  readonly flags: readonly GivenFlag[];
  readonly environment: ReadonlyMap<string, string>;
  /** The text of a file. Throws an error whose message says why it cannot be read. */
  readText(path: string): string;
}

/** Settings, and where each comes from. */
export interface Configuration {
  readonly settings: Settings;
  /** By key; what is missing is a default. Keyset values have keys such as `keysets[0].publishKey`. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** A configuration, or everything that is wrong with it: one sentence each. */
export type ParsedConfiguration =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The settings in force, or every problem there is. An environment variable that is empty counts as not set. */
export function parseConfiguration(input: ConfigurationInput): ParsedConfiguration {
  const problems: string[] = [];
  const report: Report = (problem) => {
    problems.push(problem);
  };
  const source = readSource(input, report);
  const configuration = merge([
    ...(source === undefined ? [] : [fileLayer(source, report)]),
    environmentLayer(input.environment, report),
    flagLayer(input.flags, report),
  ]);
  const { host, keysets } = configuration.settings;
  for (const problem of engineProblems(configuration)) report(problem);
  const openDemo = problems.length === 0 ? openDemoProblem(host, keysets ?? []) : undefined;
  if (openDemo !== undefined) report(openDemo);
  return problems.length === 0 ? { ok: true, configuration } : { ok: false, problems };
}

function readSource(input: ConfigurationInput, report: Report): JsonSource | undefined {
  const { flag, environment } = configOption;
  const given = input.flags.filter((one) => one.flag === flag).at(-1);
  const name = given?.text ?? (input.environment.get(environment) || undefined);
  if (name === undefined) return undefined;
  try {
    return { name, text: input.readText(name).replace(/^\uFEFF/, "") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report(`${given !== undefined ? flag : environment}: cannot read ${name}: ${reason}`);
    return undefined;
  }
}

/** Later layers go before earlier ones, each value as a whole: a list of keysets takes the place of another. */
function merge(layers: readonly Layer[]): Configuration {
  let settings = defaultSettings;
  const origins = new Map<string, Origin>();
  for (const layer of layers) {
    settings = { ...settings, ...layer.settings };
    if (layer.settings.keysets !== undefined) forgetKeysets(origins);
    for (const [key, origin] of layer.origins) origins.set(key, origin);
  }
  if (isClusterEngine(settings.engine) && !origins.has("drainSeconds"))
    settings = { ...settings, drainSeconds: drainSecondsOfCluster };
  return { settings, origins };
}

/** Settings that say something about the engine that is not in use: somebody relies on what will not be. */
function engineProblems({ settings, origins }: Configuration): readonly string[] {
  if (isClusterEngine(settings.engine)) {
    const origin = origins.get("data");
    if (origin === undefined) return [];
    return [
      `data (${origin}): a cluster engine keeps everything, and nothing is stored on this machine: leave it out`,
    ];
  }
  return ["partitions", "prefix"].flatMap((key) => {
    const origin = origins.get(key);
    if (origin === undefined) return [];
    return [
      `${key} (${origin}): only a cluster engine has it, and the engine is ${embeddedEngine}: leave it out`,
    ];
  });
}

function forgetKeysets(origins: Map<string, Origin>): void {
  for (const key of origins.keys()) if (key.startsWith("keysets[")) origins.delete(key);
}
