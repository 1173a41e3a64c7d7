/** Rosters as applications have them: the SDK's, through the balancer, each noting whom it ever lost. */
import { type Client, createClient, type Roster } from "@hereabouts/client";
import type { Transport } from "@hereabouts/testkit/cluster";
import { seatName } from "./truth.ts";

/** Somebody who was in a roster and then was not. */
export interface Vanished {
  readonly user: string;
  readonly channel: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One client with a roster for every channel. */
export interface RosterWatch extends AsyncDisposable {
  readonly name: string;
  /** Who is there by these rosters: `channel user`. */
  shown(): ReadonlySet<string>;
  /** Channels whose roster is not proven to be whole. */
  incomplete(): readonly string[];
  readonly vanished: readonly Vanished[];
}

/** What to watch, and how. */
export interface RosterOptions {
  readonly name: string;
  readonly port: number;
  readonly keys: { readonly subscribe: string; readonly publish: string };
  readonly channels: readonly string[];
  readonly transport: Transport;
}

/** Starts to watch; resolves when every roster is complete. */
export async function watchRosters({
  name,
  port,
  keys,
  channels,
  transport,
}: RosterOptions): Promise<RosterWatch> {
  const client: Client = createClient({
    origin: `http://127.0.0.1:${port}`,
    subscribeKey: keys.subscribe,
    publishKey: keys.publish,
    userId: name,
    stream: transport === "stream" ? "auto" : "off",
  });
  const vanished: Vanished[] = [];
  const rosters = channels.map((channel) => client.roster(channel));
  for (const roster of rosters) note(roster, vanished);
  const signal = AbortSignal.timeout(20_000);
  await Promise.all(rosters.map((roster) => roster.ready({ signal })));
  return {
    name,
    shown: () => {
      const seats = rosters.flatMap(({ snapshot }) =>
        [...snapshot.occupants.keys()].map((user) => seatName(snapshot.channel, user)),
      );
      return new Set(seats);
    },
    incomplete: () =>
      rosters.filter(({ snapshot }) => !snapshot.complete).map(({ snapshot }) => snapshot.channel),
    vanished,
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}

function note(roster: Roster<unknown>, vanished: Vanished[]): void {
  let before = roster.snapshot;
  roster.subscribe(() => {
    const now = roster.snapshot;
    for (const user of before.occupants.keys()) {
      if (!now.occupants.has(user)) vanished.push({ user, channel: now.channel, at: Date.now() });
    }
    before = now;
  });
}
