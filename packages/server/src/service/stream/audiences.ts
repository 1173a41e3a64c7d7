/** The audiences of a node: found by what they are told, and woken once a turn of the event loop for whatever there is. */
import type { Keyset } from "@hereabouts/core";
import type { Context } from "../context.ts";
import { isAway } from "../engine-away.ts";
import { Audience, type Hall, nameOf, type Wish } from "./audience.ts";
import { looksPerTurn } from "./bounds.ts";
import type { Publish } from "./sink.ts";
import type { Stream } from "./stream.ts";

/** What audiences need. */
export interface AudiencesOptions {
  readonly context: Context;
  readonly publish: Publish;
  readonly renew: (stream: Stream) => void;
  readonly later: (run: () => void) => void;
  readonly onDefect: (error: unknown) => void;
}

/** The audiences of a node. */
export class Audiences implements Hall {
  readonly context: Context;
  readonly #options: AudiencesOptions;
  readonly #byName = new Map<string, Audience>();
  #lastTopic = 0;
  #woken: Audience[] = [];

  constructor(options: AudiencesOptions) {
    this.context = options.context;
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** The audience of those that wish the same. Whoever asks has it admit a stream at once. */
  of(keyset: Keyset, { subscribeKey, channels, groups, filter, includeDetails }: Wish): Audience {
    // Nothing of the one who asks first is kept for all.
    const wish: Wish = { subscribeKey, channels, groups, filter, includeDetails };
    const name = nameOf(wish);
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    this.#lastTopic += 1;
    const audience = new Audience(this, keyset, wish, { name, topic: String(this.#lastTopic) });
    audience.open();
    this.#byName.set(name, audience);
    return audience;
  }

  publish(topic: string, text: string): void {
    this.#options.publish(topic, text);
  }

  wake(audience: Audience): void {
    if (audience.isWoken) return;
    audience.isWoken = true;
    if (this.#woken.push(audience) === 1) this.context.scheduler.soon(() => this.#lookAll());
  }

  renew(stream: Stream): void {
    this.#options.renew(stream);
  }

  forget(audience: Audience): void {
    if (this.#byName.get(audience.name) === audience) this.#byName.delete(audience.name);
  }

  #lookAll(): void {
    const looking = this.#woken.splice(0, looksPerTurn);
    if (this.#woken.length > 0) this.context.scheduler.soon(() => this.#lookAll());
    for (const audience of looking) {
      audience.isWoken = false;
      audience.look().catch((error: unknown) => {
        if (!isAway(error)) this.#options.onDefect(error);
        this.#options.later(() => this.wake(audience));
      });
    }
  }
}
