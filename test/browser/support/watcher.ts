/** Watches a channel's presence by raw requests, so that what the SDK does is seen by somebody else. */
import { type ServerProcess, withDeadline } from "@hereabouts/testkit";

/** A presence event, in short: `join ada 1` is Ada's join, with one user in the channel then. */
export type Sighting = string;

/** Somebody who polls along. */
export interface Watcher extends Disposable {
  /** Everything seen so far, in order. */
  readonly seen: readonly Sighting[];
  /** Resolves once this is seen, with everything up to then; rejects when it has not come in time. */
  until(sighting: Sighting, withinMs?: number): Promise<readonly Sighting[]>;
}

interface Answer {
  readonly t: { readonly t: string };
  readonly m: readonly {
    readonly d: { readonly action: string; readonly uuid: string; readonly occupancy: number };
  }[];
}

const patienceMs = 20_000;

/** Starts to watch; everything from now on is seen. */
export async function watch(server: ServerProcess, channel: string): Promise<Watcher> {
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const seen: Sighting[] = [];
  let wake = Promise.withResolvers<void>();
  const ask = async (cursor: string): Promise<Answer> => {
    const path = `/v2/subscribe/demo/${encodeURIComponent(channel)}-pnpres/0?tt=${cursor}&uuid=watcher`;
    const reply = await fetch(server.url(path), { signal });
    return (await reply.json()) as Answer;
  };
  const follow = async (from: string): Promise<void> => {
    let cursor = from;
    while (!signal.aborted) {
      const { t, m } = await ask(cursor);
      cursor = t.t;
      seen.push(...m.map(({ d }) => `${d.action} ${d.uuid} ${d.occupancy}`));
      wake.resolve();
      wake = Promise.withResolvers();
    }
  };
  const { t } = await ask("0");
  follow(t.t).catch((error: unknown) => {
    if (!signal.aborted) wake.reject(error);
  });
  return {
    seen,
    until: async (sighting, withinMs = patienceMs) => {
      const deadline = performance.now() + withinMs;
      while (!seen.includes(sighting)) {
        const what = `"${sighting}" after ${seen.join(", ")}`;
        await withDeadline(wake.promise, what, Math.max(0, deadline - performance.now()));
      }
      return seen.slice(0, seen.indexOf(sighting) + 1);
    },
    [Symbol.dispose]: () => giveUp.abort(),
  };
}
