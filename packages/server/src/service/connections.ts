/**
 * Who is connected to this node: the open polls of each user, in the keysets that have to know. In the others nothing is
 * kept, so that an idle poll costs what it did.
 */
import type { Policy } from "@hereabouts/core";
import type { Channel, DeviceId, SubscribeKey, UserId } from "@hereabouts/protocol";
import type { KeysetDirectory } from "./keyset-directory.ts";
import type { Subscriber } from "./subscriber.ts";

/** Whose lease it is about. `undefined` is the device of all clients that do not name themselves. */
export interface Lease {
  readonly user: UserId;
  readonly device: DeviceId | undefined;
}

/** Where the connections are found that came before their keyset had to know. */
export type HeldConnections = () => Iterable<Subscriber>;

/** Told which keysets' connections begin to be known, and cease to be. */
export interface KnownKeysets {
  follow(keyset: SubscribeKey): void;
  unfollow(keyset: SubscribeKey): void;
}

type ByUser = Map<UserId, Subscriber | Set<Subscriber>>;

/** The connections of each user, by keyset. */
export class Connections {
  readonly #keysets: KeysetDirectory;
  readonly #held: HeldConnections;
  readonly #listener: KnownKeysets;
  readonly #known: Map<SubscribeKey, ByUser> = new Map();

  constructor(keysets: KeysetDirectory, held: HeldConnections, listener: KnownKeysets) {
    this.#keysets = keysets;
    this.#held = held;
    this.#listener = listener;
  }

  /** Enters a connection, where its keyset has to know. */
  add(connection: Subscriber): void {
    const { subscribeKey, policy } = connection.keyset;
    const known = this.#known.get(subscribeKey);
    if (known !== undefined) enter(known, connection);
    else if (hasToKnow(policy)) enter(this.#learn(subscribeKey), connection);
  }

  /** Enters a connection that matters under every policy: a stream. */
  addStream(connection: Subscriber): void {
    const { subscribeKey } = connection.keyset;
    enter(this.#known.get(subscribeKey) ?? this.#learn(subscribeKey), connection);
  }

  /** Takes a connection out. Harmless when it is not in. */
  remove(connection: Subscriber): void {
    const { user } = connection.command;
    const byUser = this.#known.get(connection.keyset.subscribeKey);
    const found = user === undefined ? undefined : byUser?.get(user);
    if (user === undefined || found === undefined) return;
    if (found instanceof Set) {
      found.delete(connection);
      if (found.size === 0) byUser?.delete(user);
    } else if (found === connection) byUser?.delete(user);
  }

  /** Those of these channels that no open connection of the same lease is for. */
  uncovered(keyset: SubscribeKey, lease: Lease, channels: readonly Channel[]): readonly Channel[] {
    const connections = this.of(keyset, lease);
    if (connections.length === 0) return channels;
    const covered = new Set(connections.flatMap(({ subscription }) => subscription.seats));
    return channels.filter((channel) => !covered.has(channel));
  }

  /** The open connections of a lease. */
  of(keyset: SubscribeKey, { user, device }: Lease): readonly Subscriber[] {
    const found = (this.#known.get(keyset) ?? this.#learn(keyset)).get(user);
    if (found === undefined) return none;
    return (found instanceof Set ? [...found] : [found]).filter(({ command }) => command.device === device);
  }

  /**
   * Begins to know a keyset's connections, and those of every other that has to: its policy may have come to ask for it
   * while they were held. Those of keysets that are not there any more are forgotten.
   */
  #learn(keyset: SubscribeKey): ByUser {
    for (const subscribeKey of this.#known.keys()) {
      if (this.#keysets.get(subscribeKey) !== undefined) continue;
      this.#known.delete(subscribeKey);
      this.#listener.unfollow(subscribeKey);
    }
    const learnt = new Map<SubscribeKey, ByUser>([[keyset, new Map()]]);
    for (const { subscribeKey, policy } of this.#keysets.all()) {
      if (hasToKnow(policy) && !this.#known.has(subscribeKey)) learnt.set(subscribeKey, new Map());
    }
    for (const connection of this.#held()) {
      const byUser = learnt.get(connection.keyset.subscribeKey);
      if (byUser !== undefined) enter(byUser, connection);
    }
    for (const [subscribeKey, byUser] of learnt) {
      this.#known.set(subscribeKey, byUser);
      this.#listener.follow(subscribeKey);
    }
    return learnt.get(keyset) ?? new Map();
  }
}

const none: readonly Subscriber[] = [];

function enter(byUser: ByUser, connection: Subscriber): void {
  const { user } = connection.command;
  if (user === undefined || connection.subscription.seats.length === 0) return;
  const found = byUser.get(user);
  if (found === undefined) byUser.set(user, connection);
  else if (found instanceof Set) found.add(connection);
  else if (found !== connection) byUser.set(user, new Set([found, connection]));
}

const answers = new WeakMap<Policy, boolean>();

/** Whether a keyset's connections matter to anything under a policy. Asked for each poll, so it is remembered. */
function hasToKnow(policy: Policy): boolean {
  let answer = answers.get(policy);
  if (answer === undefined) {
    answer =
      policy.multiDevice === "refcount" ||
      policy.leaveOnDisconnect ||
      policy.rules.some((rule) => rule.leaveOnDisconnect === true);
    answers.set(policy, answer);
  }
  return answer;
}
