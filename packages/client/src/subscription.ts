/** What users hold of a subscription: its listeners and its iterations. Knows nothing of polls. */
import type { MessageEvent, PresenceEvent, StatusEvent, Subscription, SubscriptionEvent } from "./api.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import { createListeners } from "./listeners.ts";

/** A subscription from the inside. */
export interface SubscriptionOutlet<State, Message> {
  readonly subscription: Subscription<State, Message>;
  deliver(event: SubscriptionEvent<State, Message>): void;
  status(event: StatusEvent): void;
  /** Says what was dropped since the last time. */
  flush(): void;
  /** Ends iterations; nothing is delivered any more. */
  end(): void;
}

/** Makes a subscription that does `close` to be closed. */
export function createSubscription<State, Message>(
  close: () => Promise<void>,
): SubscriptionOutlet<State, Message> {
  type Event = SubscriptionEvent<State, Message>;
  const messages = createListeners<MessageEvent<Message>>();
  const presence = createListeners<PresenceEvent<State>>();
  const statuses = createListeners<StatusEvent>();
  const queues = new Set<EventQueue<Event>>();
  let dropped = 0;

  const openQueue = (): EventQueue<Event> => {
    const queue = createEventQueue<Event>(() => queues.delete(queue));
    queues.add(queue);
    return queue;
  };
  /** What comes before the first iteration is kept for it, unless there are listeners instead. */
  let early: EventQueue<Event> | undefined = openQueue();
  const listen = <Value>(add: (value: Value) => () => void, listener: Value): (() => void) => {
    if (early) queues.delete(early);
    early = undefined;
    return add(listener);
  };
  const iterate = (): EventQueue<Event> => {
    const queue = early ?? openQueue();
    early = undefined;
    if (isOver) queue.end();
    return queue;
  };
  let isOver = false;
  const subscription: Subscription<State, Message> = {
    onMessage: (listener) => listen(messages.add, listener),
    onPresence: (listener) => listen(presence.add, listener),
    onStatus: statuses.add,
    close,
    [Symbol.asyncIterator]: iterate,
    [Symbol.asyncDispose]: close,
  };
  return {
    subscription,
    deliver: (event) => {
      if (isOver) return;
      for (const queue of queues) dropped += queue.push(event);
      if (event.type === "presence") presence.emit(event);
      else messages.emit(event);
    },
    status: statuses.emit,
    flush: () => {
      if (dropped > 0) statuses.emit({ type: "events-dropped", count: dropped });
      dropped = 0;
    },
    end: () => {
      isOver = true;
      for (const queue of queues) queue.end();
      messages.clear();
      presence.clear();
    },
  };
}
