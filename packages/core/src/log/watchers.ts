/**
 * Who wants to be woken about which names. Built for very many watchers of one or two names each: intrusive lists,
 * no set per name, and unwatching costs the same however many others watch.
 */
import type { Waker, Watch } from "../ports.ts";

/** One watcher's place under one name. Its four fields are counted, because there are tens of thousands. */
interface Link {
  readonly watcher: Watcher;
  /** The watcher's link under its next name. */
  readonly sibling: Link | undefined;
  /** What it hangs on: the link before it, or the list itself. */
  previous: Link | List;
  next: Link | undefined;
}

/** Who watches a name. */
interface List {
  readonly name: string;
  next: Link | undefined;
}

/** Watchers by name. */
export class Watchers {
  readonly #lists = new Map<string, List>();
  #round = 0;

  /** Whether nobody watches anything. */
  get isEmpty(): boolean {
    return this.#lists.size === 0;
  }

  /** Begins a watch on names. */
  watch(names: readonly string[], waker: Waker): Watch {
    const watcher = new Watcher(this, waker);
    for (const name of names) watcher.first = this.#link(watcher, name);
    return watcher;
  }

  /** Takes a watcher's links out of their lists. */
  unlink(first: Link | undefined): void {
    for (let link = first; link !== undefined; link = link.sibling) this.#unlink(link);
  }

  /** Wakes everyone who watches one of these names, each once. */
  wake(names: Iterable<string>): void {
    this.#round += 1;
    const collected: Watcher[] = [];
    for (const name of names) this.#collect(name, collected);
    // Lists may change under a wake-up, this array does not; who was stopped meanwhile has no links.
    for (const watcher of collected) if (watcher.first !== undefined) watcher.waker.wake();
  }

  #collect(name: string, into: Watcher[]): void {
    for (let link = this.#lists.get(name)?.next; link !== undefined; link = link.next) {
      if (link.watcher.round === this.#round) continue;
      link.watcher.round = this.#round;
      into.push(link.watcher);
    }
  }

  #link(watcher: Watcher, name: string): Link {
    let list = this.#lists.get(name);
    if (list === undefined) {
      list = { name, next: undefined };
      this.#lists.set(name, list);
    }
    const link: Link = {
      watcher,
      sibling: watcher.first,
      previous: list,
      next: list.next,
    };
    if (list.next !== undefined) list.next.previous = link;
    list.next = link;
    return link;
  }

  #unlink(link: Link): void {
    const { previous, next } = link;
    previous.next = next;
    if (next !== undefined) next.previous = previous;
    else if ("name" in previous) this.#lists.delete(previous.name);
  }
}

/** One call of watch. */
class Watcher implements Watch {
  readonly waker: Waker;
  /** Its first link; `undefined` once it has been stopped. */
  first: Link | undefined;
  /** The newest round it was collected in, so that it is woken once a round. */
  round: number;
  readonly #watchers: Watchers;

  constructor(watchers: Watchers, waker: Waker) {
    this.#watchers = watchers;
    this.waker = waker;
    this.first = undefined;
    this.round = 0;
  }

  stop(): void {
    const { first } = this;
    this.first = undefined;
    this.#watchers.unlink(first);
  }
}
