/** What was made lately, kept for whoever needs it next: bounded, and forgotten when it is not asked for any more. */

/** How many things one generation holds. */
const generationMax = 1_024;

/**
 * Values by key, in two generations: when the young one is full it becomes the old one, and what was old is forgotten
 * unless it was asked for. Holds at most twice `generationMax`.
 */
export class Recent<Key, Value> {
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** A key's value; `undefined` when there is none, or none any more. */
  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Keeps a value. */
  set(key: Key, value: Value): void {
    if (this.#young.size >= generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
