/** A client of the SDK, with a user who comes and goes, publishes, changes its state, and watches rosters. */
import {
  type Client,
  createClient,
  type Roster,
  type Scheduling,
  type Subscription,
  type SubscriptionEvent,
} from "@hereabouts/client";
import type { SeededRandom, TestClock } from "@hereabouts/testkit";
import type { Picture, SubscriberRecord, Told } from "./history.ts";
import { keyset, rooms, timeoutSecondsOf } from "./names.ts";
import type { Network } from "./network.ts";
import { intervalText, presenceText, type Recorder } from "./recorder.ts";

/** What actors share. */
export interface Stage {
  readonly clock: TestClock;
  readonly network: Network;
  readonly recorder: Recorder;
}

/** Who acts. */
export interface SdkActorOptions {
  readonly name: string;
  readonly user: string;
  /** Whether it sets states: of a user's devices only one does, or theirs would alternate for ever. */
  readonly setsStates: boolean;
  readonly random: SeededRandom;
}

type AnySubscription = Subscription<Mood, unknown>;
type Mood = { readonly mood: number };
type Types = { readonly state: Mood };

/** Subscriptions and rosters that come and go, besides the first. */
const extrasMax = 3;

/** One client at work. */
export class SdkActor {
  readonly name: string;
  readonly user: string;
  readonly #stage: Stage;
  readonly #options: SdkActorOptions;
  readonly #client: Client<Types>;
  readonly #extras: AnySubscription[] = [];
  readonly #rosters: { readonly channel: string; readonly roster: Roster<Mood> }[] = [];
  #record: SubscriberRecord | undefined;
  #isOut = false;
  #published = 0;

  constructor(stage: Stage, options: SdkActorOptions) {
    const { name, user, random } = options;
    this.name = name;
    this.user = user;
    this.#stage = stage;
    this.#options = options;
    const { clock, network } = stage;
    const scheduling: Scheduling = {
      now: () => clock.now(),
      after: (ms, run) => clock.at(clock.now() + ms, run),
      random: () => random.uint32() / 2 ** 32,
    };
    const timeout = timeoutSecondsOf(user);
    this.#client = createClient<Types>({
      origin: "http://simulation.test",
      subscribeKey: keyset.subscribeKey,
      publishKey: keyset.publishKey,
      userId: user,
      deviceId: name,
      presenceTimeoutSeconds: timeout,
      heartbeatIntervalSeconds: timeout / 2 - 1 + random.below(10) / 10,
      retry: { baseMs: 100, maxMs: 2_000 },
      transport: (request) => network.send({ client: name, ...request }),
      scheduling,
    });
  }

  /** Subscribes to what it follows all its life, and to a roster. */
  start(): void {
    const { random, setsStates } = this.#options;
    const channels = [...new Set([random.pick(rooms), random.pick(rooms)])];
    const subscription = this.#client.subscribe({
      channels,
      withPresence: true,
      ...(setsStates && random.below(2) === 0 && { state: { mood: random.below(9) } }),
    });
    this.#follow(subscription, channels);
    if (random.below(2) === 0) this.#openRoster();
  }

  /** Does one thing or another. */
  act(): string {
    const { random, setsStates } = this.#options;
    switch (random.below(10)) {
      case 0:
      case 1:
        return this.#comeOrGo();
      case 2:
        return this.#openRoster();
      case 3:
        return this.#closeRoster();
      case 4:
      case 5:
        return setsStates ? this.#setState() : this.#publish();
      case 6:
        return this.#disconnectOrReconnect();
      case 7:
        return this.#look();
      default:
        return this.#publish();
    }
  }

  /** Sees to it that it is connected, before a quiet moment. */
  comeBack(): void {
    if (this.#isOut) this.#disconnectOrReconnect();
  }

  /** Whether its connection is there and its rosters say that they are whole. */
  get isSettled(): boolean {
    return (
      this.#client.status === "connected" && this.#rosters.every(({ roster }) => roster.snapshot.complete)
    );
  }

  /** What its rosters say. */
  pictures(): readonly (Picture & { readonly isComplete: boolean })[] {
    return this.#rosters.map(({ channel, roster }) => {
      const { occupants, occupancy, complete } = roster.snapshot;
      return {
        who: this.name,
        channel,
        users: new Map([...occupants].map(([user, { state }]) => [user, JSON.stringify(state ?? {})])),
        occupancy,
        revision: undefined,
        isComplete: complete,
      };
    });
  }

  /** Leaves for good. It must have been told everything up to this timetoken. */
  async close(toldUpTo: string): Promise<void> {
    if (this.#record !== undefined) this.#record.to = toldUpTo;
    await this.#client.close();
  }

  #follow(subscription: AnySubscription, channels: readonly string[]): void {
    const { recorder, clock } = this.#stage;
    const record: SubscriberRecord = {
      name: this.name,
      topics: channels.flatMap((channel) => [channel, `${channel}-pnpres`]),
      from: undefined,
      since: Number.POSITIVE_INFINITY,
      to: undefined,
      got: [],
    };
    recorder.subscriber(record);
    this.#record = record;
    const take = (event: SubscriptionEvent<Mood, unknown>): void => {
      record.got.push(toldOf(event));
    };
    subscription.onPresence(take);
    subscription.onMessage(take);
    const off = subscription.onStatus(({ type }) => {
      if (type !== "connected") return;
      off();
      record.since = clock.now();
    });
  }

  #comeOrGo(): string {
    const { random } = this.#options;
    if (this.#extras.length < extrasMax && random.below(2) === 0) {
      const channels = random.pick([...rooms, "x.*"]);
      this.#extras.push(this.#client.subscribe({ channels, withPresence: random.below(2) === 0 }));
      return `subscribes to ${channels}`;
    }
    const subscription = this.#extras.splice(0, 1)[0];
    void subscription?.close();
    return "closes a subscription";
  }

  #openRoster(): string {
    const { random } = this.#options;
    if (this.#rosters.length >= extrasMax) return "has rosters enough";
    const channel = random.pick(rooms);
    const join = random.pick(["join", "watch"] as const);
    this.#rosters.push({ channel, roster: this.#client.roster(channel, { join }) });
    return `opens a roster of ${channel} (${join})`;
  }

  #closeRoster(): string {
    const open = this.#rosters.splice(0, 1)[0];
    void open?.roster.close();
    return `closes the roster of ${open?.channel}`;
  }

  #setState(): string {
    const channels = this.#options.random.pick(rooms);
    const state = { mood: this.#options.random.below(9) };
    this.#client.setState({ channels, state }).catch(ignore);
    return `sets ${JSON.stringify(state)} in ${channels}`;
  }

  #publish(): string {
    const channel = this.#options.random.pick(rooms);
    this.#published += 1;
    const message = `${this.name}-${this.#published}`;
    this.#client.publish({ channel, message }).catch(ignore);
    return `publishes in ${channel}`;
  }

  #disconnectOrReconnect(): string {
    if (this.#isOut) this.#client.reconnect();
    else void this.#client.disconnect();
    this.#isOut = !this.#isOut;
    return this.#isOut ? "disconnects" : "reconnects";
  }

  #look(): string {
    const channels = this.#options.random.pick(rooms);
    this.#client.hereNow({ channels }).catch(ignore);
    this.#client.whereNow().catch(ignore);
    return `looks into ${channels}`;
  }
}

function toldOf(event: SubscriptionEvent<Mood, unknown>): Told {
  const { timetoken, channel } = event;
  if (event.type !== "presence")
    return { timetoken, channel, what: `${event.type} ${JSON.stringify(event.message)}` };
  const presence = { timetoken, channel: `${channel}-pnpres` };
  if (event.action === "interval") return { ...presence, what: intervalText(event.occupancy) };
  const { action, userId: user, occupancy, epoch, revision } = event;
  return { ...presence, what: presenceText({ action, user, occupancy, epoch, revision }) };
}

/** A call that fails on a bad day is no news; what matters is what the engine made of it. */
function ignore(): void {}
