/** What only some platforms have: pages that are hidden, frozen and shown again, and a place to report errors to. */

/** Something that has listeners: a window or a document. */
interface EventSource {
  addEventListener(type: string, listener: () => void, until: { readonly signal: AbortSignal }): void;
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

/** Watches the page until the signal aborts, where there is one: on servers this does nothing. */
export function watchPage(
  { hide, wake }: PageWatch,
  signal: AbortSignal,
  surroundings: Surroundings = globalThis as Surroundings,
): void {
  const { document } = surroundings;
  if (!document) return;
  const on = (source: Partial<EventSource>, type: string, listener: () => void): void =>
    source.addEventListener?.(type, listener, { signal });
  on(surroundings, "pagehide", hide);
  on(surroundings, "pageshow", wake);
  on(surroundings, "online", wake);
  on(document, "resume", wake);
  on(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") wake();
  });
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
