/** Which of a client's subscriptions an item is for: they share one poll, so it may be for several or only for one. */
import {
  presenceSuffix,
  type Target,
  type TargetNames,
  type TargetSet,
  targetsOf,
} from "./machine/targets.ts";

/** What a subscription covers. */
export interface Coverage {
  /** Channels and groups where the user sits for it. */
  readonly seats: TargetSet;
  /** What is polled for it: those, and presence channels. */
  readonly targets: TargetSet;
}

/** What a subscription to these names covers, with or without their presence. */
export function coverageOf(names: TargetNames, withPresence: boolean | undefined): Coverage {
  const targets = [...targetsOf(names)];
  const seats = targets.filter((target) => !target.endsWith(presenceSuffix));
  const presence = withPresence ? seats.map((target): Target => `${target}${presenceSuffix}`) : [];
  return { seats: new Set(seats), targets: new Set([...targets, ...presence]) };
}

/** The names by which a subscription may have come by an item: first by its own, then by wildcards, then by groups. */
export interface Way {
  readonly target: Target;
  /** The group or wildcard; `undefined` for a channel by its own name. */
  readonly subscription: string | undefined;
}

/** The ways to an item, the closest first. `by` is the name it was subscribed to by, where the server says. */
export function waysTo(channel: string, by: string | undefined): readonly Way[] {
  const base = withoutPresence(channel);
  const suffix = channel.slice(base.length);
  const parts = base.split(".");
  // A wildcard has one or two parts before its star, the first of them not empty.
  const lengths = [2, 1].filter((length) => parts[0] && length < parts.length);
  const wildcards = lengths.map((length) => `${parts.slice(0, length).join(".")}.*`);
  return [
    { target: `c${channel}`, subscription: undefined },
    ...wildcards.map((name): Way => ({ target: `c${name}${suffix}`, subscription: name })),
    ...(by ? [{ target: `g${by}`, subscription: withoutPresence(by) } as const] : []),
  ];
}

/** A name without what makes it a presence channel. */
export function withoutPresence(name: string): string {
  return name.replace(/-pnpres$/, "");
}
