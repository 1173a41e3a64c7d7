/** Who the samples find: users that sit in channels. */
import { type Client, createClient, type JsonObject, type Targets } from "@hereabouts/client";

const { ORIGIN: origin = "http://127.0.0.1:7400", SUBSCRIBE_KEY: subscribeKey = "demo" } = process.env;

/** A client of a user. */
export function clientOf(userId: string): Client {
  return createClient({ origin, subscribeKey, userId });
}

/** Seats a user, in a state if it has one. Resolves once the user is there; closing the client is leaving. */
export async function seat(userId: string, places: Targets, state?: JsonObject): Promise<Client> {
  const client = clientOf(userId);
  const isThere = new Promise<void>((resolve, reject) => {
    client.onStatus((event) => {
      if (event.type === "connected") resolve();
      if (event.type === "disconnected") reject(event.error ?? new Error(`${userId} is disconnected.`));
    });
  });
  client.subscribe(places);
  await isThere;
  if (state !== undefined) await client.setState({ ...places, state });
  return client;
}
