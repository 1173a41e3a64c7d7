/**
 * Deletes what keysets that went have left behind: their partitions in a generation that is over. Nobody looks there any
 * more, but nodes that have not heard of it for a moment may write there; so it is looked twice, some seconds apart.
 */
import type { Cancel } from "@hereabouts/core";
import type { EngineContext } from "../context.ts";
import type { Master } from "../port.ts";
import { loadScript } from "../scripts.ts";
import { slotOf } from "../slots.ts";
import { textAt, textsOf } from "./replies.ts";
import { formatGone, type GoneKeyset } from "./stored-keysets.ts";

/** After so long every node knows that a keyset went: it looks every second. */
const knownAfterMs = 5_000;
/** Keys looked at in one call. */
const scanCount = 1_000;
/** Keys deleted in one call. */
const unlinkMax = 500;

const scripts = {
  scan: loadScript("gone-scan"),
  unlink: loadScript("gone-unlink"),
  done: loadScript("gone-done"),
};

/** The cleaning up after keysets. */
export class GoneKeysets {
  readonly #context: EngineContext;
  readonly #timers = new Set<Cancel>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Deletes at once in the background, and again when no node can have missed that they went. */
  forget(gone: readonly GoneKeyset[]): void {
    if (gone.length === 0) return;
    const { background, scheduler } = this.#context;
    background.run("What keysets left behind was not deleted", () => this.#deleteAll(gone));
    const cancel = scheduler.at(scheduler.now() + knownAfterMs, () => {
      this.#timers.delete(cancel);
      background.run("What keysets left behind was not deleted", async () => {
        await this.#deleteAll(gone);
        for (const keyset of gone) await this.#done(keyset);
      });
    });
    this.#timers.add(cancel);
  }

  /** Begins nothing any more. What is left to do is stored, and done by the next engine that opens. */
  close(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  async #deleteAll(gone: readonly GoneKeyset[]): Promise<void> {
    const masters = await this.#context.port.masters();
    for (const keyset of gone) for (const master of masters) await this.#deleteOn(master, keyset);
  }

  async #deleteOn(master: Master, { keyset, generation }: GoneKeyset): Promise<void> {
    const { keys, port, gate } = this.#context;
    const own = keys.partitionsIn(keyset, generation).find(({ meta }) => owns(master, slotOf(meta)));
    if (own === undefined) return;
    const pattern = `${escapePattern(keys.partitionsStem(keyset, generation))}*`;
    let from = "0";
    do {
      const reply = await port.run(scripts.scan, [own.meta], [from, pattern, `${scanCount}`]);
      from = textAt(reply, 0);
      await this.#unlink(textsOf(Array.isArray(reply) ? reply[1] : undefined));
    } while (from !== "0" && gate.isOpen);
  }

  async #unlink(found: readonly string[]): Promise<void> {
    const bySlot = new Map<number, string[]>();
    for (const key of found) {
      const slot = slotOf(key);
      const others = bySlot.get(slot);
      if (others === undefined) bySlot.set(slot, [key]);
      else others.push(key);
    }
    for (const keys of bySlot.values()) {
      for (let at = 0; at < keys.length; at += unlinkMax) {
        await this.#context.port.run(scripts.unlink, keys.slice(at, at + unlinkMax), []);
      }
    }
  }

  async #done(keyset: GoneKeyset): Promise<void> {
    const { keys, port } = this.#context;
    await port.run(scripts.done, [keys.gone], [formatGone(keyset)]);
  }
}

function owns({ slots }: Master, slot: number): boolean {
  return slots.some(([from, to]) => from <= slot && slot <= to);
}

/** Leaves nothing in a text that means something in a pattern. */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, "\\$&");
}
