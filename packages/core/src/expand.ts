/**
 * From what a request names to the channels meant: groups become their members, presence names are told from channels,
 * and for an item that arrives, which of the names it came by. Whoever calls has looked the groups up.
 */
import {
  baseName,
  type CarriedState,
  type Channel,
  type Group,
  isPresenceName,
  isWildcard,
  presenceChannel,
  type State,
  type Targets,
  wildcardsOf,
} from "@hereabouts/protocol";

/**
 * The members of groups, by the groups' names without `-pnpres`. A group that is missing has none. A list is never
 * changed after it is made: what follows from it is remembered for as long as it lives.
 */
export type Members = ReadonlyMap<Group, readonly Channel[]>;

/** Why a subscriber got an item: `b` of its envelope, absent for a sole direct subscription. */
export interface Match {
  readonly b: string | undefined;
}

/** A subscribe request's targets, expanded. */
export interface Subscription {
  /** Channels to take seats in: no presence channels, wildcards by their literal name. */
  readonly seats: readonly Channel[];
  /** What to read of the log. */
  readonly topics: readonly Channel[];
  /** How an item's channel was subscribed to, or `undefined` when it was not. Rule: wire specification § 4.5. */
  match(channel: Channel): Match | undefined;
}

/** The channels a request names or whose group it names. Presence names are passed over (semantics § 13). */
export function expandTargets(targets: Targets, members: Members): readonly Channel[] {
  const { channels, groups } = targets;
  const shared = groups.length === 0 ? channels : soleGroup(targets, members);
  if (shared !== undefined) return shared.some(isPresenceName) ? withoutPresence(shared) : shared;
  const expanded = new Set<Channel>();
  for (const channel of channels) addUnlessPresence(expanded, channel);
  for (const group of groups) {
    for (const channel of members.get(group) ?? []) addUnlessPresence(expanded, channel);
  }
  return [...expanded];
}

/** The state that a request carries for each channel it names. A channel's own goes before its group's. */
export function expandStates(
  carried: CarriedState,
  targets: Targets,
  members: Members,
): ReadonlyMap<Channel, State> {
  const states = new Map<Channel, State>();
  if (carried.kind === "every-channel") {
    for (const channel of expandTargets(targets, members)) states.set(channel, carried.state);
    return states;
  }
  for (const channel of targets.channels) {
    const state = carried.states.get(channel);
    if (state !== undefined && !isPresenceName(channel)) states.set(channel, state);
  }
  for (const group of targets.groups) {
    const state = carried.states.get(group);
    if (state === undefined) continue;
    for (const channel of members.get(group) ?? []) {
      if (!states.has(channel) && !isPresenceName(channel)) states.set(channel, state);
    }
  }
  return states;
}

/** What a subscribe request subscribes to. Small: it is held for as long as its poll. */
export function expandSubscription(targets: Targets, members: Members): Subscription {
  const seats = expandTargets(targets, members);
  if (targets.groups.length > 0) return new GroupSubscription(targets, members, seats);
  return targets.channels.some(isWildcardName)
    ? new ChannelSubscription(targets.channels, seats, withWildcardPresence(targets.channels))
    : new ChannelSubscription(targets.channels, seats, targets.channels);
}

/** Channels and wildcards, no groups. */
class ChannelSubscription implements Subscription {
  readonly seats: readonly Channel[];
  readonly topics: readonly Channel[];
  readonly #channels: readonly Channel[];

  constructor(channels: readonly Channel[], seats: readonly Channel[], topics: readonly Channel[]) {
    this.#channels = channels;
    this.seats = seats;
    this.topics = topics;
  }

  match(channel: Channel): Match | undefined {
    if (contains(this.#channels, channel)) return { b: directMatch(this.#channels, channel) };
    return wildcardMatch(this.#channels, channel);
  }
}

/** Groups, perhaps with channels and wildcards. */
class GroupSubscription implements Subscription {
  readonly seats: readonly Channel[];
  readonly topics: readonly Channel[];
  readonly #targets: Targets;
  readonly #members: Members;

  constructor(targets: Targets, members: Members, seats: readonly Channel[]) {
    this.#targets = targets;
    this.#members = members;
    this.seats = seats;
    this.topics = soleGroup(targets, members) ?? topicsOf(targets, members);
  }

  match(channel: Channel): Match | undefined {
    const { channels, groups } = this.#targets;
    if (contains(channels, channel)) return { b: channel };
    for (const group of groups) {
      if (isInGroup(channel, group, this.#members)) return { b: group };
    }
    return wildcardMatch(channels, channel);
  }
}

/** The members of the only thing that a request names, a group: their list is the answer, not to be copied. */
function soleGroup({ channels, groups }: Targets, members: Members): readonly Channel[] | undefined {
  const [group] = groups;
  return group !== undefined && groups.length === 1 && channels.length === 0 ? members.get(group) : undefined;
}

function topicsOf({ channels, groups }: Targets, members: Members): readonly Channel[] {
  const topics = new Set(withWildcardPresence(channels));
  for (const group of groups) {
    for (const topic of groupTopics(group, members)) topics.add(topic);
  }
  return [...topics];
}

/** A list's channels without presence names; one answer for a list, because many subscriptions hold it. */
function withoutPresence(names: readonly Channel[]): readonly Channel[] {
  let channels = channelsAmong.get(names);
  if (channels === undefined) {
    channels = [...new Set(names.filter((name) => !isPresenceName(name)))];
    channelsAmong.set(names, channels);
  }
  return channels;
}

const channelsAmong = new WeakMap<readonly Channel[], readonly Channel[]>();

function addUnlessPresence(channels: Set<Channel>, channel: Channel): void {
  if (!isPresenceName(channel)) channels.add(channel);
}

function isWildcardName(channel: Channel): boolean {
  return isWildcard(baseName(channel));
}

/** A wildcard channel receives presence of what it matches without asking for it (semantics § 12). */
function withWildcardPresence(channels: readonly Channel[]): readonly Channel[] {
  const topics = new Set(channels);
  for (const channel of channels) if (isWildcard(channel)) topics.add(presenceChannel(channel));
  return [...topics];
}

/** `g` stands for its members, `g-pnpres` for their presence channels. There is no presence of presence. */
function groupTopics(group: Group, members: Members): readonly Channel[] {
  const channels = members.get(baseName(group)) ?? [];
  if (!isPresenceName(group)) return channels;
  let topics = presenceTopics.get(channels);
  if (topics === undefined) {
    topics = channels.filter((channel) => !isPresenceName(channel)).map(presenceChannel);
    presenceTopics.set(channels, topics);
  }
  return topics;
}

/** Made once for a list of members, because many subscriptions hold them. */
const presenceTopics = new WeakMap<readonly Channel[], readonly Channel[]>();

function isInGroup(channel: Channel, group: Group, members: Members): boolean {
  const channels = members.get(baseName(group));
  if (channels === undefined) return false;
  if (!isPresenceName(group)) return contains(channels, channel);
  return isPresenceName(channel) && contains(channels, baseName(channel));
}

/** Only a sole channel needs no telling; presence always says how it came (wire specification § 4.5). */
function directMatch(channels: readonly Channel[], channel: Channel): string | undefined {
  return channels.length === 1 && !isPresenceName(channel) ? undefined : channel;
}

/** The nearest wildcard first; for presence, the one that asked for presence before the one that did not. */
function wildcardMatch(channels: readonly Channel[], channel: Channel): Match | undefined {
  const wildcards = wildcardsOf(channel);
  for (let index = wildcards.length - 1; index >= 0; index--) {
    const wildcard = wildcards[index];
    if (wildcard === undefined) continue;
    if (contains(channels, wildcard)) return { b: wildcard };
    const plain = baseName(wildcard);
    if (plain !== wildcard && contains(channels, plain)) return { b: plain };
  }
  return undefined;
}

const scanMax = 8;
const sets = new WeakMap<readonly Channel[], ReadonlySet<Channel>>();

/** Whether a list has a channel. Long lists are shared by many subscriptions, and so are the sets made of them. */
function contains(channels: readonly Channel[], channel: Channel): boolean {
  if (channels.length <= scanMax) return channels.includes(channel);
  let set = sets.get(channels);
  if (set === undefined) {
    set = new Set(channels);
    sets.set(channels, set);
  }
  return set.has(channel);
}
