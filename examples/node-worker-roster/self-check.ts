/** Compares a roster with what the service says. */
import {
  type Client,
  type JsonObject,
  PresenceError,
  type Roster,
  type RosterSnapshot,
} from "@hereabouts/client";

const tries = 5;
const patienceMs = 10_000;

/** A sentence when the roster is not what here now says, else `undefined`. Tries again while people come and go. */
export async function differenceFromService(
  client: Client,
  roster: Roster<JsonObject>,
): Promise<string | undefined> {
  let difference: string | undefined;
  for (let round = 0; round < tries; round++) {
    try {
      const told = await whatTheServiceSays(client, roster.snapshot.channel);
      const kept = linesOf(await roster.ready({ signal: AbortSignal.timeout(patienceMs) }));
      if (told.join("\n") === kept.join("\n")) return undefined;
      difference = `The roster has [${kept.join(", ")}], and the service says [${told.join(", ")}].`;
    } catch (error) {
      if (!(error instanceof PresenceError)) throw error;
      difference = `The roster could not be compared: ${error.message}`;
    }
  }
  return difference;
}

async function whatTheServiceSays(client: Client, channel: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { occupants } of client.hereNow.pages({ channel, includeState: true })) {
    for (const { userId, state } of occupants) lines.push(line(userId, state));
  }
  return lines.toSorted();
}

function linesOf({ occupants }: RosterSnapshot<JsonObject>): readonly string[] {
  return [...occupants].map(([userId, { state }]) => line(userId, state)).toSorted();
}

function line(userId: string, state: JsonObject | undefined): string {
  return `${userId} ${JSON.stringify(state ?? null)}`;
}
