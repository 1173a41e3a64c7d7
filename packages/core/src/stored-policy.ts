/** Reads policies that were stored as JSON, perhaps by an older version that knew fewer settings. */
import { defaultPolicy, type Policy, policyProblems } from "./policy.ts";

/** The policy of a JSON text, or a sentence why it is none. A setting that the text does not have has its default. */
export function parseStoredPolicy(
  text: string,
): { readonly policy: Policy } | { readonly policy: undefined; readonly problem: string } {
  const problems: string[] = [];
  const stored = parseObject(text);
  if (typeof stored === "string") return { policy: undefined, problem: stored };
  const settings: Settings = { stored, problems };
  const policy: Policy = {
    presenceTimeoutSeconds: numberOf(settings, "presenceTimeoutSeconds"),
    debounceSeconds: numberOf(settings, "debounceSeconds"),
    impliedHeartbeat: booleanOf(settings, "impliedHeartbeat"),
    globalHereNow: booleanOf(settings, "globalHereNow"),
    streamFiltering: booleanOf(settings, "streamFiltering"),
    hereNowStaleMs: numberOf(settings, "hereNowStaleMs"),
    channelsPerGroupMax: numberOf(settings, "channelsPerGroupMax"),
  };
  const [problem] = [...problems, ...policyProblems(policy)];
  return problem === undefined ? { policy } : { policy: undefined, problem };
}

interface Settings {
  readonly stored: ReadonlyMap<string, unknown>;
  readonly problems: string[];
}

type NamesOf<Type> = { [Name in keyof Policy]: Policy[Name] extends Type ? Name : never }[keyof Policy];

function numberOf({ stored, problems }: Settings, name: NamesOf<number>): number {
  const value = stored.get(name) ?? defaultPolicy[name];
  if (typeof value === "number") return value;
  problems.push(`${name} is ${JSON.stringify(value)}, not a number.`);
  return defaultPolicy[name];
}

function booleanOf({ stored, problems }: Settings, name: NamesOf<boolean>): boolean {
  const value = stored.get(name) ?? defaultPolicy[name];
  if (typeof value === "boolean") return value;
  problems.push(`${name} is ${JSON.stringify(value)}, neither true nor false.`);
  return defaultPolicy[name];
}

function parseObject(text: string): ReadonlyMap<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "its policy is not JSON.";
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? new Map(Object.entries(value as object)) : "its policy is not an object.";
}
