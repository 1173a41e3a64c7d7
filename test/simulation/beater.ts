/** A raw client that says by heartbeats alone that its user is there: steadily, or as it pleases. */
import type { SeededRandom } from "@hereabouts/testkit";
import { group, rooms, timeoutSecondsOf } from "./names.ts";
import { createRawClient, type RawClient, targets } from "./raw-client.ts";
import type { Stage } from "./sdk-actor.ts";

/** Who beats. */
export interface BeaterOptions {
  readonly name: string;
  readonly user: string;
  readonly random: SeededRandom;
}

/** One beater. */
export class Beater {
  readonly name: string;
  readonly user: string;
  readonly #client: RawClient;
  readonly #options: BeaterOptions;
  readonly #targets: { readonly channels: readonly string[]; readonly groups: string | undefined };
  #isOver = false;
  #isSilent = false;

  constructor(stage: Stage, options: BeaterOptions) {
    const { random } = options;
    this.name = options.name;
    this.user = options.user;
    this.#client = createRawClient(stage, options.name);
    this.#options = options;
    const channels = [...new Set([random.pick(rooms), random.pick(rooms)])];
    this.#targets = { channels, groups: random.below(3) === 0 ? group.name : undefined };
  }

  /** Beats until `stop`. */
  async run(): Promise<void> {
    const everyMs = timeoutSecondsOf(this.user) * 1_000 * 0.4;
    while (!this.#isOver) {
      if (!this.#isSilent) void this.#beat();
      await this.#client.sleep(everyMs);
    }
  }

  /** Falls silent, comes back, leaves, sets a state, or publishes. */
  act(): string {
    const { random } = this.#options;
    switch (random.below(6)) {
      case 0:
      case 1:
        this.#isSilent = !this.#isSilent;
        return this.#isSilent ? "falls silent" : "beats again";
      case 2:
        void this.#presence("leave");
        return "leaves";
      case 3:
        void this.#setState();
        return "sets a state";
      case 4:
        void this.#beat();
        void this.#presence("leave");
        void this.#beat();
        return "beats, leaves and beats at once";
      default:
        void this.#signal();
        return "signals";
    }
  }

  /** Stops in the middle of it all. */
  stop(): void {
    this.#isOver = true;
    this.#client.giveUp();
  }

  #beat(): Promise<unknown> {
    return this.#presence("heartbeat", { heartbeat: timeoutSecondsOf(this.user) });
  }

  #presence(verb: string, more: Readonly<Record<string, number>> = {}): Promise<unknown> {
    const { channels, groups } = this.#targets;
    const rest = `/channel/${channels.map(encodeURIComponent).join(",")}/${verb}`;
    return this.#client.ask(targets.presence(rest, { uuid: this.user, "channel-group": groups, ...more }));
  }

  #setState(): Promise<unknown> {
    const [channel = "a"] = this.#targets.channels;
    const state = JSON.stringify({ mood: this.#options.random.below(9) });
    return this.#client.ask(
      targets.presence(`/channel/${channel}/uuid/${this.user}/data`, { uuid: this.user, state }),
    );
  }

  #signal(): Promise<unknown> {
    const [channel = "a"] = this.#targets.channels;
    return this.#client.ask(targets.signal(channel, `/${encodeURIComponent('"hey"')}`, { uuid: this.user }));
  }
}
