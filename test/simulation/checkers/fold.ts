/** Who is where by the events alone. */
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

/** Takes one change in. */
export function fold(into: Folded, { change }: Entry): void {
  if (change === undefined) return;
  const { kind, user, state, epoch, revision } = change;
  into.epoch = epoch;
  into.revision = revision;
  if (kind === "leave" || kind === "timeout") into.users.delete(user);
  else if (kind === "join" || into.users.has(user)) into.users.set(user, state ?? "{}");
}

/** Every channel, folded from these entries. */
export function foldAll(entries: readonly Entry[]): ReadonlyMap<string, Folded> {
  const channels = new Map<string, Folded>();
  for (const entry of entries) {
    if (entry.change === undefined) continue;
    const { channel } = entry.change;
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
