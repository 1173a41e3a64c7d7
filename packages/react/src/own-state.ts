/** The own state in one channel: what was set last shows at once, until the roster has it. */
import type { Off, Roster } from "@hereabouts/client";

/** The own state, as a store. */
export interface OwnState<State> {
  /** What was set last here, else what the roster says; `undefined` when there is none. */
  read(): State | undefined;
  /**
   * Sets it. What is asked for while another is under way waits for it, and only the newest of those is sent: states never
   * overtake each other. Resolves when this one, or a newer one in its place, is set; rejects with a PresenceError.
   */
  set(state: State): Promise<void>;
  subscribe(listener: () => void): Off;
}

/** What it is made of. */
export interface OwnStateOptions<State> {
  readonly userId: string;
  /** Holds the seat that the state is in. The store ends with it. */
  readonly roster: Roster<State>;
  /** Sends a state. */
  send(state: State): Promise<unknown>;
}

/** The own state in a roster's channel. */
export function createOwnState<State>({ userId, roster, send }: OwnStateOptions<State>): OwnState<State> {
  const listeners = new Set<() => void>();
  const known = (): State | undefined => roster.snapshot.occupants.get(userId)?.state;
  /** What was set here and the roster does not have yet, and what the roster had instead. */
  let shown: { readonly state: State; readonly instead: State | undefined } | undefined;
  let last: { readonly state: State } | undefined;
  /** What was sent before the last: news of it may come after the last is set, and is old then. */
  let previous: { readonly state: State } | undefined;
  let underWay: Promise<void> | undefined;
  let waiting: { readonly state: State; readonly outcome: Promise<void> } | undefined;

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const show = (state: State): void => {
    shown = { state, instead: known() };
    tell();
  };
  const finish = (state: State, isSet: boolean): void => {
    underWay = undefined;
    if (shown?.state !== state) return;
    // The event may have come already, or will not come at all, because nothing changed.
    shown = isSet && !isSame(known(), state) ? { state, instead: known() } : undefined;
    tell();
  };
  const start = (state: State): Promise<void> => {
    previous = last;
    last = { state };
    const sent = send(state).then(
      () => finish(state, true),
      (thrown: unknown) => {
        finish(state, false);
        throw thrown;
      },
    );
    underWay = sent;
    return sent;
  };
  const startWaiting = async (): Promise<void> => {
    const next = waiting;
    waiting = undefined;
    if (next !== undefined) await start(next.state);
  };

  const adopt = (): void => {
    const isIdle = underWay === undefined && waiting === undefined;
    if (!isIdle || shown === undefined || known() === shown.instead) return;
    const isOld = previous !== undefined && isSame(known(), previous.state);
    shown = isOld ? { state: shown.state, instead: known() } : undefined;
  };

  roster.subscribe(() => {
    adopt();
    tell();
  });
  return {
    read: () => (shown === undefined ? known() : shown.state),
    set: (state) => {
      show(state);
      if (underWay === undefined) return start(state);
      const outcome = waiting?.outcome ?? underWay.then(startWaiting, startWaiting);
      waiting = { state, outcome };
      return outcome;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
