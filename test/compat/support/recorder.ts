/** Keeps what a listener is told, in order, and lets a test wait for the next of it. */

/** What was heard, as a queue. */
export interface Recorder<Heard> {
  hear(heard: Heard): void;
  /** The oldest that was not taken yet, now or as soon as it comes. Rejects after 30 seconds. */
  next(): Promise<Heard>;
  /** Takes the next ones, this many. */
  take(count: number): Promise<readonly Heard[]>;
}

const withinMs = 30_000;

/** A recorder that has heard nothing yet. */
export function createRecorder<Heard>(what: string): Recorder<Heard> {
  const heard: Heard[] = [];
  const waiting: ((one: Heard) => void)[] = [];
  const next = (): Promise<Heard> => {
    const [first] = heard.splice(0, 1);
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((settle, reject) => {
      waiting.push(settle);
      AbortSignal.timeout(withinMs).addEventListener("abort", () => {
        reject(new Error(`No ${what} was heard within ${withinMs} ms.`));
      });
    });
  };
  return {
    hear(one) {
      const settle = waiting.shift();
      if (settle === undefined) heard.push(one);
      else settle(one);
    },
    next,
    async take(count) {
      const taken: Heard[] = [];
      while (taken.length < count) taken.push(await next());
      return taken;
    },
  };
}
