/** Events that wait for an iteration to take them. Bounded: then the oldest go. */

/** Events kept for an iteration. */
const eventsMax = 10_000;

/** A queue that is iterated once. */
export interface EventQueue<Event> extends AsyncIterator<Event, undefined> {
  /** Adds an event. Returns how many were dropped for it: 0 or 1. */
  push(event: Event): number;
  /** Nothing comes any more; what is there can still be taken. */
  end(): void;
  return(): Promise<IteratorResult<Event, undefined>>;
}

/** Makes an empty queue. `onReturn` is called when its iteration is left. */
export function createEventQueue<Event>(onReturn: () => void): EventQueue<Event> {
  let events: Event[] = [];
  /** Where the oldest event is: taking one moves nothing. */
  let first = 0;
  let isOver = false;
  const takers: ((result: IteratorResult<Event, undefined>) => void)[] = [];
  const over = { done: true, value: undefined } as const;

  const take = (): IteratorResult<Event, undefined> | undefined => {
    if (first === events.length) return isOver ? over : undefined;
    // The index is below the length, so there is an event, be it `undefined`.
    const value = events[first] as Event;
    first += 1;
    if (first * 2 > events.length) {
      events = events.slice(first);
      first = 0;
    }
    return { done: false, value };
  };
  const end = (): void => {
    isOver = true;
    for (const taker of takers.splice(0)) taker(over);
  };
  return {
    push: (event) => {
      if (isOver) return 0;
      const taker = takers.shift();
      if (taker !== undefined) {
        taker({ done: false, value: event });
        return 0;
      }
      events.push(event);
      if (events.length - first <= eventsMax) return 0;
      take();
      return 1;
    },
    end,
    next: () => {
      const result = take();
      return result ? Promise.resolve(result) : new Promise((resolve) => takers.push(resolve));
    },
    return: () => {
      events = [];
      first = 0;
      end();
      onReturn();
      return Promise.resolve(over);
    },
  };
}
