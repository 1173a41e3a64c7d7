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
  const events: Event[] = [];
  const takers: ((result: IteratorResult<Event, undefined>) => void)[] = [];
  const over = { done: true, value: undefined } as const;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    for (const taker of takers.splice(0)) taker(over);
  };
  return {
    push: (value) => {
      if (isOver) return 0;
      const taker = takers.shift();
      if (taker) taker({ done: false, value });
      else if (events.push(value) > eventsMax) {
        events.shift();
        return 1;
      }
      return 0;
    },
    end,
    next: async () => {
      // There is one, be it `undefined`.
      if (events.length > 0) return { done: false, value: events.shift() as Event };
      return isOver ? over : new Promise((resolve) => takers.push(resolve));
    },
    return: async () => {
      events.length = 0;
      end();
      onReturn();
      return over;
    },
  };
}
