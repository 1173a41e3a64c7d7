/**
 * Who wants to be woken about which names. Built for very many watchers of one or two names each: intrusive lists,
 * no set per name, and unwatching costs the same however many others watch.
 */
import type { Cancel } from "@hereabouts/core";

/** One call of watch. */
export interface Watcher {
  readonly wake: () => void;
  /** Its first link; `undefined` once it has been cancelled. */
  first: Link | undefined;
  /** The newest round it was collected in, so that it is woken once a round. */
  round: number;
}

/** One watcher's place under one name. */
interface Link {
  readonly watcher: Watcher;
  readonly list: List;
  /** The watcher's link under its next name. */
  readonly sibling: Link | undefined;
  previous: Link | undefined;
  next: Link | undefined;
}

interface List {
  readonly name: string;
  first: Link | undefined;
}

/** Watchers by name. */
export class Watchers {
  readonly #lists = new Map<string, List>();
  #round = 0;

  /** Whether nobody watches anything. */
  get isEmpty(): boolean {
    return this.#lists.size === 0;
  }

  /** Registers a wake-up for names, until it is cancelled. `wake` must not throw. */
  watch(names: readonly string[], wake: () => void): Cancel {
    const watcher: Watcher = { wake, first: undefined, round: 0 };
    for (const name of names) watcher.first = this.#link(watcher, name);
    return () => {
      let link = watcher.first;
      watcher.first = undefined;
      for (; link !== undefined; link = link.sibling) this.#unlink(link);
    };
  }

  /** Wakes everyone who watches one of these names, each once. */
  wake(names: Iterable<string>): void {
    this.#round += 1;
    const collected: Watcher[] = [];
    for (const name of names) this.#collect(name, collected);
    // Lists may change under a wake-up, this array does not; who was cancelled meanwhile has no links.
    for (const watcher of collected) if (watcher.first !== undefined) watcher.wake();
  }

  #collect(name: string, into: Watcher[]): void {
    for (let link = this.#lists.get(name)?.first; link !== undefined; link = link.next) {
      if (link.watcher.round === this.#round) continue;
      link.watcher.round = this.#round;
      into.push(link.watcher);
    }
  }

  #link(watcher: Watcher, name: string): Link {
    let list = this.#lists.get(name);
    if (list === undefined) {
      list = { name, first: undefined };
      this.#lists.set(name, list);
    }
    const link: Link = {
      watcher,
      list,
      sibling: watcher.first,
      previous: undefined,
      next: list.first,
    };
    if (list.first !== undefined) list.first.previous = link;
    list.first = link;
    return link;
  }

  #unlink(link: Link): void {
    const { list, previous, next } = link;
    if (previous === undefined) list.first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    if (list.first === undefined) this.#lists.delete(list.name);
  }
}
