/** A raw client that polls for ever, each time at another node, from the cursor it was last given. */
import type { SeededRandom } from "@hereabouts/testkit";
import type { SubscriberRecord, Told } from "./history.ts";
import { channels, group } from "./names.ts";
import { createRawClient, type RawClient, targets } from "./raw-client.ts";
import { intervalText, presenceText } from "./recorder.ts";
import type { Stage } from "./sdk-actor.ts";

/** What a poller follows. */
interface Interest {
  readonly names: readonly string[];
  readonly groups: readonly string[];
  /** What that comes to. */
  readonly topics: readonly string[];
}

const interests: readonly Interest[] = [
  direct(["a-pnpres"]),
  direct(["a", "a-pnpres", "b", "b-pnpres"]),
  direct(["x.*", "x.*-pnpres"]),
  direct(["c", "c-pnpres", "x.*", "x.*-pnpres"]),
  direct(channels.flatMap((channel) => [channel, `${channel}-pnpres`])),
  {
    names: [],
    groups: [group.name, `${group.name}-pnpres`],
    topics: group.members.flatMap((channel) => [channel, `${channel}-pnpres`]),
  },
  {
    names: ["a-pnpres"],
    groups: [`${group.name}-pnpres`],
    topics: ["a-pnpres", ...group.members.map((channel) => `${channel}-pnpres`)],
  },
];

function direct(names: readonly string[]): Interest {
  return { names, groups: [], topics: names };
}

interface Envelope {
  readonly p: { readonly t: string };
  readonly c: string;
  readonly e?: number;
  readonly d: unknown;
}

interface Presence {
  readonly action: string;
  readonly uuid: string;
  readonly occupancy: number;
  readonly epoch: string;
  readonly revision: number;
}

/** Who polls, and as whom. */
export interface PollerOptions {
  readonly name: string;
  /** A user who sits where the poller polls; `undefined` for an observer. */
  readonly user: string | undefined;
  readonly random: SeededRandom;
  readonly holdMs: number;
}

/** One poller. */
export class Poller {
  readonly name: string;
  readonly #stage: Stage;
  readonly #client: RawClient;
  readonly #options: PollerOptions;
  readonly #interest: Interest;
  readonly #record: SubscriberRecord;
  #isOver = false;
  #cursor: string | undefined;

  constructor(stage: Stage, options: PollerOptions) {
    this.#stage = stage;
    this.#options = options;
    this.name = options.name;
    this.#client = createRawClient(stage, options.name);
    this.#interest = options.random.pick(interests);
    this.#record = {
      name: options.name,
      topics: this.#interest.topics,
      from: undefined,
      since: Number.POSITIVE_INFINITY,
      to: undefined,
      got: [],
    };
    stage.recorder.subscriber(this.#record);
  }

  /** Polls until `stop`. */
  async run(): Promise<void> {
    const { random, holdMs } = this.#options;
    while (!this.#isOver) {
      const reply = await this.#client.ask(this.#target(), holdMs + 8_000);
      if (reply?.status === 200) this.#take(JSON.parse(reply.body));
      else await this.#client.sleep(20 + random.below(400));
    }
    this.#record.to = this.#cursor;
  }

  /** Drops the poll under way and begins another, from the same cursor. */
  act(): string {
    this.#client.giveUp();
    return "drops its poll";
  }

  /** Whether it is under way. */
  get isSettled(): boolean {
    return this.#cursor !== undefined;
  }

  /** Goes away without a word. */
  stop(): void {
    this.#isOver = true;
    this.#client.giveUp();
  }

  #target(): string {
    const { names, groups } = this.#interest;
    return targets.subscribe(names, {
      tt: this.#cursor ?? "0",
      uuid: this.#options.user,
      "channel-group": groups.length === 0 ? undefined : groups.join(","),
    });
  }

  #take(body: { readonly t: { readonly t: string }; readonly m: readonly Envelope[] }): void {
    if (this.#cursor === undefined) {
      this.#record.from = body.t.t;
      this.#record.since = this.#stage.clock.now();
    }
    for (const item of body.m) this.#record.got.push(toldOf(item));
    this.#cursor = body.t.t;
  }
}

function toldOf({ p, c, e, d }: Envelope): Told {
  const told = { timetoken: p.t, channel: c };
  if (!c.endsWith("-pnpres"))
    return { ...told, what: `${e === 1 ? "signal" : "message"} ${JSON.stringify(d)}` };
  const { action, uuid: user, occupancy, epoch, revision } = d as Presence;
  if (action === "interval") return { ...told, what: intervalText(occupancy) };
  return { ...told, what: presenceText({ action, user, occupancy, epoch, revision }) };
}
