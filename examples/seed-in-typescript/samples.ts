/** Every sample of the presence page, in its order, in TypeScript. `main.ts` runs them. */
import { type Client, PresenceError } from "@hereabouts/client";

/** Here now: get a list of users subscribed to channels. Prints them as it goes. */
export async function getHereNow(client: Client): Promise<void> {
  try {
    const { channels } = await client.hereNow({
      channels: ["cool_channel1", "cool_channel2"],
      includeUserIds: true,
    });
    for (const { channelName, occupancy, occupants } of Object.values(channels)) {
      console.log("---");
      console.log(`Channel: ${channelName}`);
      console.log(`Occupancy: ${occupancy}`);
      for (const { userId, state } of occupants) console.log(`User: ${userId}, State: ${state}`);
    }
  } catch (error) {
    if (!(error instanceof PresenceError)) throw error;
    console.log(`Error: ${error.code}: ${error.message}`);
  }
}

/** Here now: returning state. */
export function returningState(client: Client) {
  return client.hereNow({ channels: "my_channel", includeUserIds: true, includeState: true });
}

/** Here now: return occupancy only. */
export function occupancyOnly(client: Client) {
  return client.hereNow({ channels: "my_channel", includeUserIds: false, includeState: false });
}

/** Here now for channel groups. */
export function hereNowForGroups(client: Client) {
  return client.hereNow({ channelGroups: ["cg1", "cg2", "cg3"], includeUserIds: true, includeState: true });
}

/** Where now: the client's own user. */
export function whereNow(client: Client) {
  return client.whereNow();
}

/** Where now: some other user. */
export function whereNowOther(client: Client) {
  return client.whereNow({ userId: "some-other-uuid" });
}

/** Set state. */
export function setState(client: Client) {
  const myState = { age: 20 };
  return client.setState({ channels: ["ch1", "ch2", "ch3"], state: myState });
}

/** Get state, of another user. */
export function getState(client: Client) {
  return client.getState({ channels: ["ch1", "ch2", "ch3"], userId: "such_uuid" });
}

/** Set state for the channels in channel groups. */
export function setStateForGroups(client: Client) {
  const myState = { age: 20 };
  return client.setState({ channelGroups: ["gr1", "gr2", "gr3"], state: myState });
}
