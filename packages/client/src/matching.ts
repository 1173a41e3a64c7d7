/** Which of a client's subscriptions an item is for: they share one poll, so it may be for several or only for one. */
import {
  presenceSuffix,
  type Target,
  type TargetNames,
  type TargetSet,
  targetsOf,
} from "./machine/targets.ts";
import { withoutPresence } from "./names.ts";

/** What a subscription covers. */
export interface Coverage {
  /** Channels and groups where the user sits for it. */
  readonly seats: TargetSet;
  /** What is polled for it: those, and presence channels. */
  readonly targets: TargetSet;
  readonly wildcards: readonly Wildcard[];
}

interface Wildcard {
  /** `a.*` */
  readonly name: string;
  /** `a.` */
  readonly prefix: string;
  readonly isPresence: boolean;
}

/** How a subscription came by an item. */
export interface Match {
  /** The group or wildcard; `undefined` for a channel by its own name. */
  readonly subscription: string | undefined;
}

/** What names stand for: themselves, with their presence, or their presence alone. */
export type Reach = "as-named" | "with-presence" | "presence-only";

/** What a subscription to these names covers. */
export function coverageOf(names: TargetNames, reach: Reach): Coverage {
  const named = [...targetsOf(names)];
  const places = named.filter((target) => !target.endsWith(presenceSuffix));
  const presence = places.map((target): Target => `${target}${presenceSuffix}`);
  const isWatch = reach === "presence-only";
  const targets = new Set([...(isWatch ? [] : named), ...(reach === "as-named" ? [] : presence)]);
  return { seats: new Set(isWatch ? [] : places), targets, wildcards: [...targets].flatMap(wildcardOf) };
}

/** How an item came to a subscription; `undefined` when it is not for it. */
export function matchOf(
  { targets, wildcards }: Coverage,
  item: { readonly channel: string; readonly by: string | undefined },
): Match | undefined {
  const { channel, by } = item;
  if (targets.has(`c${channel}`)) return { subscription: undefined };
  const base = withoutPresence(channel);
  const wildcard = wildcards.find(
    ({ name, prefix, isPresence }) =>
      isPresence === (base !== channel) && (base.startsWith(prefix) || base === name),
  );
  if (wildcard !== undefined) return { subscription: wildcard.name };
  return by !== undefined && targets.has(`g${by}`) ? { subscription: withoutPresence(by) } : undefined;
}

function wildcardOf(target: Target): readonly Wildcard[] {
  const name = withoutPresence(target).slice(1);
  if (target[0] !== "c" || !/^[^.*]+(\.[^.*]+)?\.\*$/.test(name)) return [];
  return [{ name, prefix: name.slice(0, -1), isPresence: target.endsWith(presenceSuffix) }];
}
