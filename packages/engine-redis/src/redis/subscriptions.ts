/**
 * Sharded subscriptions, each at the server that owns its slot, through losses, failovers and moves of slots: whoever is
 * wrong about where a channel is subscribed is put right with the next look at the topology.
 */
import type { Cancel, Scheduler } from "@hereabouts/core";
import { slotOf } from "../slots.ts";
import type { Links } from "./links.ts";
import type { Topology } from "./topology.ts";

/** What subscriptions stand on. */
export interface SubscriptionsOptions {
  readonly scheduler: Scheduler;
  readonly topology: Topology;
  /** Connections for subscriptions alone. */
  readonly links: Links;
  /** Gives up on an answer that takes too long. */
  readonly within: <Value>(work: Promise<Value>, what: string) => Promise<Value>;
  /** Told when channels are subscribed to again after an interruption. */
  readonly onGap: () => void;
}

/** How soon a subscription that failed is tried again. */
const retryMs = 100;

interface Subscription {
  readonly channel: string;
  readonly slot: number;
  readonly listeners: Set<(message: string) => void>;
  /** The server where it is in force. */
  address: string | undefined;
  /** Whether it has been in force before: then messages may have been missed. */
  wasInForce: boolean;
  /** Whether it is being subscribed to. */
  isUnderWay: boolean;
  /** Who waits for it to be in force. */
  readonly waiting: Set<() => void>;
}

/** All subscriptions of a port. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  #retry: Cancel | undefined;
  #isGap = false;
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Subscribes. Resolves when it is in force, with what ends it. */
  async subscribe(channel: string, onMessage: (message: string) => void): Promise<() => void> {
    // A listener of its own: the same function may subscribe twice.
    const listener = (message: string): void => onMessage(message);
    const subscription = this.#open(channel);
    subscription.listeners.add(listener);
    let isEnded = false;
    const end = (): void => {
      if (isEnded) return;
      isEnded = true;
      this.#end(subscription, listener);
    };
    try {
      await this.#options.within(this.#inForce(subscription), `The subscription to ${channel}`);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** What was in force at a server is not any more. */
  lost(address: string): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.address === address) subscription.address = undefined;
    }
    this.mend();
  }

  /** Looks for channels that are not subscribed to where they should be, and subscribes there. */
  mend(): void {
    for (const subscription of this.#subscriptions.values()) this.#mend(subscription);
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.();
    this.#subscriptions.clear();
  }

  #open(channel: string): Subscription {
    const known = this.#subscriptions.get(channel);
    if (known !== undefined) return known;
    const subscription: Subscription = {
      channel,
      slot: slotOf(channel),
      listeners: new Set(),
      address: undefined,
      wasInForce: false,
      isUnderWay: false,
      waiting: new Set(),
    };
    this.#subscriptions.set(channel, subscription);
    return subscription;
  }

  #inForce(subscription: Subscription): Promise<void> {
    if (this.#isRight(subscription)) return Promise.resolve();
    return new Promise((resolve) => {
      subscription.waiting.add(resolve);
      this.#mend(subscription);
    });
  }

  #isRight({ address, slot }: Subscription): boolean {
    const { topology, links } = this.#options;
    return address !== undefined && address === topology.ownerOf(slot) && links.ready(address) !== undefined;
  }

  #isWanted(subscription: Subscription): boolean {
    return !this.#isClosed && this.#subscriptions.get(subscription.channel) === subscription;
  }

  #end(subscription: Subscription, listener: (message: string) => void): void {
    subscription.listeners.delete(listener);
    if (subscription.listeners.size > 0 || !this.#isWanted(subscription)) return;
    this.#subscriptions.delete(subscription.channel);
    this.#leave(subscription.channel, subscription.address);
  }

  #leave(channel: string, address: string | undefined): void {
    const connection = address === undefined ? undefined : this.#options.links.ready(address);
    connection?.unsubscribe(channel).catch(() => connection.destroy());
  }

  #mend(subscription: Subscription): void {
    if (subscription.isUnderWay || !this.#isWanted(subscription) || this.#isRight(subscription)) return;
    subscription.isUnderWay = true;
    void this.#subscribeRightly(subscription).then((isDone) => {
      subscription.isUnderWay = false;
      if (!this.#isWanted(subscription)) return;
      if (isDone) this.#mend(subscription);
      else this.#retryLater();
    });
  }

  /** Subscribes where the slot is. Answers whether that succeeded. */
  async #subscribeRightly(subscription: Subscription): Promise<boolean> {
    const { topology, within } = this.#options;
    const { channel, slot } = subscription;
    const address = topology.ownerOf(slot);
    if (address === undefined) return false;
    try {
      if (!(await within(this.#subscribeAt(address, subscription), `The subscription to ${channel}`)))
        return false;
    } catch {
      return false;
    }
    if (subscription.address !== undefined && subscription.address !== address) {
      this.#leave(channel, subscription.address);
    }
    subscription.address = address;
    if (this.#isWanted(subscription)) this.#isInForce(subscription);
    else if (!this.#subscriptions.has(channel)) this.#leave(channel, address);
    return true;
  }

  async #subscribeAt(address: string, { channel }: Subscription): Promise<boolean> {
    const connection = await this.#options.links.get(address);
    await connection.subscribe(channel, (message) => {
      // Who is told is looked up: a channel that was ended and opened again has other listeners.
      for (const listener of [...(this.#subscriptions.get(channel)?.listeners ?? [])]) listener(message);
    });
    return connection.isReady;
  }

  #isInForce(subscription: Subscription): void {
    for (const resolve of subscription.waiting) resolve();
    subscription.waiting.clear();
    if (subscription.wasInForce) this.#tellOfGap();
    subscription.wasInForce = true;
  }

  /** Once for all that are in force again at about the same time. */
  #tellOfGap(): void {
    if (this.#isGap) return;
    this.#isGap = true;
    this.#options.scheduler.soon(() => {
      this.#isGap = false;
      if (!this.#isClosed) this.#options.onGap();
    });
  }

  #retryLater(): void {
    if (this.#retry !== undefined) return;
    const { scheduler, topology } = this.#options;
    this.#retry = scheduler.at(scheduler.now() + retryMs, () => {
      this.#retry = undefined;
      topology.refreshSoon();
      this.mend();
    });
  }
}
