/** Listeners of anything: called in the order they came; one that throws harms neither the others nor the caller. */
import type { Off } from "./api.ts";
import { reportError } from "./platform.ts";

/** A set of listeners. */
export interface Listeners<Event> {
  add(listener: (event: Event) => void): Off;
  emit(event: Event): void;
  /** Forgets all of them. */
  clear(): void;
}

/** Makes an empty set of listeners. The same function added twice is called twice. */
export function createListeners<Event>(): Listeners<Event> {
  const entries = new Set<{ readonly call: (event: Event) => void }>();
  return {
    add: (call) => {
      const entry = { call };
      entries.add(entry);
      return () => {
        entries.delete(entry);
      };
    },
    emit: (event) => {
      for (const entry of [...entries]) {
        if (entries.has(entry)) callSafely(() => entry.call(event));
      }
    },
    clear: () => entries.clear(),
  };
}

/** Calls what users gave us; what it throws is reported to the platform, not to us. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (thrown) {
    reportError(thrown);
  }
}
