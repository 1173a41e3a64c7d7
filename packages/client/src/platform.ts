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
  onHide(): void;
  /** The page may have been asleep or offline, and is back. */
  onWake(): void;
}

/** Watches the page, where there is one: on servers this does nothing. */
export function watchPage(watch: PageWatch, surroundings: Surroundings = globalThis as Surroundings): Off {
  const { document } = surroundings;
  if (document === undefined || surroundings.addEventListener === undefined) return () => {};
  const page = surroundings as EventSource;
  const { onHide, onWake } = watch;
  const onVisible = (): void => {
    if (document.visibilityState === "visible") onWake();
  };
  const entries: readonly (readonly [EventSource, string, () => void])[] = [
    [page, "pagehide", onHide],
    [page, "pageshow", onWake],
    [page, "online", onWake],
    [document, "resume", onWake],
    [document, "visibilitychange", onVisible],
  ];
  for (const [source, type, listener] of entries) source.addEventListener(type, listener);
  return () => {
    for (const [source, type, listener] of entries) source.removeEventListener(type, listener);
  };
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
