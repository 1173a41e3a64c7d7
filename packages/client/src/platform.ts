/** What only some platforms have: pages that are hidden, frozen and shown again, and a place to report errors to. */
import type { Off } from "./api.ts";

/** Something that has listeners: a window or a document. */
interface EventSource {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** The part of a platform that this SDK uses where it is there. */
export interface Surroundings extends Partial<EventSource> {
  readonly document?: EventSource & { readonly visibilityState: string };
  reportError?(error: unknown): void;
}

/** What to do when the page comes and goes. */
export interface PageWatch {
  /** The page is left, perhaps for good. Only what outlives it can still be sent. */
  hide(): void;
  /** The page may have been asleep or offline, and is back. */
  wake(): void;
}

/** Watches the page, where there is one: on servers this does nothing. */
export function watchPage(watch: PageWatch, surroundings: Surroundings = globalThis as Surroundings): Off {
  const { document } = surroundings;
  if (!document || !surroundings.addEventListener) return () => {};
  const page = surroundings as EventSource;
  const { hide, wake } = watch;
  const onVisible = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  const entries: readonly (readonly [EventSource, string, () => void])[] = [
    [page, "pagehide", hide],
    [page, "pageshow", wake],
    [page, "online", wake],
    [document, "resume", wake],
    [document, "visibilitychange", onVisible],
  ];
  const each = (what: keyof EventSource): void => {
    for (const [source, type, listener] of entries) source[what](type, listener);
  };
  each("addEventListener");
  return () => each("removeEventListener");
}

/** Reports what a listener threw as the platform reports what nobody catches. */
export function reportError(error: unknown): void {
  const surroundings = globalThis as Surroundings;
  if (surroundings.reportError) surroundings.reportError(error);
  else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
