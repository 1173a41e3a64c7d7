/** Who is where by the events alone. */
import type { IntervalNotice } from "@hereabouts/core";
import type { Entry, Users } from "../history.ts";

/** One channel, folded from its events. */
export interface Folded {
  readonly users: Map<string, string>;
  epoch: string;
  revision: number;
}

/** A channel of which nothing has been told. */
export function emptyFold(): Folded {
  return { users: new Map(), epoch: "", revision: 0 };
}

/** Takes one entry in: a change, or a summary that says who of its lists is there. */
export function fold(into: Folded, { change, interval }: Entry): void {
  if (interval !== undefined) foldInterval(into, interval);
  if (change === undefined) return;
  const { kind, user, state, epoch, revision } = change;
  into.epoch = epoch;
  into.revision = revision;
  if (kind === "leave" || kind === "timeout") into.users.delete(user);
  else if (kind === "join" || into.users.has(user)) into.users.set(user, state ?? "{}");
}

function foldInterval(into: Folded, notice: IntervalNotice): void {
  const { joined = [], left = [], timedOut = [], here, epoch, revision } = notice;
  if (here === undefined) return;
  into.epoch = epoch;
  into.revision = revision;
  for (const user of [...joined, ...left, ...timedOut]) into.users.delete(user);
  for (const [user, state] of here) into.users.set(user, state ?? "{}");
}

/** Every channel, folded from these entries. */
export function foldAll(entries: readonly Entry[]): ReadonlyMap<string, Folded> {
  const channels = new Map<string, Folded>();
  for (const entry of entries) {
    const { channel } = entry.change ?? entry.interval ?? {};
    if (channel === undefined) continue;
    const folded = channels.get(channel) ?? emptyFold();
    channels.set(channel, folded);
    fold(folded, entry);
  }
  return channels;
}

/** How two lists of users differ, in words; `undefined` when they do not. */
export function difference(said: Users, right: Users): string | undefined {
  const missing = [...right.keys()].filter((user) => !said.has(user));
  const extra = [...said.keys()].filter((user) => !right.has(user));
  const other = [...said].filter(([user, state]) => right.has(user) && right.get(user) !== state);
  if (missing.length + extra.length + other.length === 0) return undefined;
  const states = other.map(([user, state]) => `${user} has ${state} instead of ${right.get(user)}`);
  return `missing [${missing.join(" ")}], too many [${extra.join(" ")}], ${states.join(", ") || "states as they are"}`;
}
