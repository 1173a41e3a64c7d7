/** What is subscribed to, as a set: channels and groups in one, so that two sets can be compared. Pure. */

/** A channel (`c` and its name) or a group (`g` and its name), presence names included. */
export type Target = `c${string}` | `g${string}`;

/** A set of targets. */
export type TargetSet = ReadonlySet<Target>;

/** Names as requests take them. */
export interface TargetNames {
  readonly channels: readonly string[];
  readonly groups: readonly string[];
}

/** Nothing. */
export const noTargets: TargetSet = new Set<Target>();

/** What ends the name of a presence channel. */
export const presenceSuffix = "-pnpres";

/** Names as a set. */
export function targetsOf({ channels, groups }: TargetNames): TargetSet {
  return new Set<Target>([
    ...channels.map((name) => `c${name}` as const),
    ...groups.map((name) => `g${name}` as const),
  ]);
}

/** A set as names, in the order in which they were added. */
export function namesOf(targets: TargetSet): TargetNames {
  const named = (kind: string): string[] =>
    [...targets].filter((target) => target[0] === kind).map((target) => target.slice(1));
  return { channels: named("c"), groups: named("g") };
}

/** What is in the first and not in the second. */
export function minus(one: TargetSet, other: TargetSet): TargetSet {
  return new Set([...one].filter((target) => !other.has(target)));
}
