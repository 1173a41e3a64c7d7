/** Runs the samples in the page's order, each with the people in it that the page's answer shows, and prints the answers. */
import type { Client } from "@hereabouts/client";
import { clientOf, seat } from "./people.ts";
import * as samples from "./samples.ts";

/** Prints a sample's answer; what is not there is `null`. */
function print(answer: unknown): void {
  console.log(JSON.stringify(answer, (_key, value: unknown) => (value === undefined ? null : value), 2));
}

/** Prints a title, seats people, runs a sample, and has the people leave. */
async function section(
  title: string,
  people: readonly Promise<Client>[],
  run: () => Promise<unknown>,
): Promise<void> {
  console.log(`\n# ${title}`);
  const seated = await Promise.all(people);
  try {
    const answer = await run();
    if (answer !== undefined) print(answer);
  } finally {
    await Promise.all(seated.map((person) => person.close()));
  }
}

const client = clientOf("my_custom_user_id");
const { channelGroups } = client;

await section(
  "Here now: a list of users",
  [seat("ann", { channels: ["cool_channel1", "cool_channel2"] }), seat("bob", { channels: "cool_channel1" })],
  () => samples.getHereNow(client),
);

await section(
  "Here now: returning state",
  [seat("myUuid1", { channels: "my_channel" }, { abcd: { age: 15 } })],
  () => samples.returningState(client),
);

await section(
  "Here now: occupancy only",
  ["one", "two", "three"].map((userId) => seat(userId, { channels: "my_channel" })),
  () => samples.occupancyOnly(client),
);

await channelGroups.addChannels({ channelGroup: "cg1", channels: ["my_channel", "my_channel_2"] });
await channelGroups.addChannels({ channelGroup: "cg2", channels: "my_channel_3" });
await channelGroups.addChannels({ channelGroup: "cg3", channels: ["my_channel_4", "nobody_here"] });
await section(
  "Here now for channel groups",
  [
    seat("143r34f34t34fq34q34q3", { channels: "my_channel" }),
    seat("123123234t234f34fq3dq", { channels: "my_channel_2" }),
    seat("23f34d3f4rq34r34rq23q", { channelGroups: "cg2" }),
    seat("w34tcw45t45tcw435tww3", { channels: "my_channel_4" }),
  ],
  () => samples.hereNowForGroups(client),
);

await section("Where now", [seat(client.userId, { channels: ["here", "here-too"] })], () =>
  samples.whereNow(client),
);

await section("Where now: some other user", [seat("some-other-uuid", { channels: "there" })], () =>
  samples.whereNowOther(client),
);

await section("Set state", [seat(client.userId, { channels: ["ch1", "ch2", "ch3"] })], () =>
  samples.setState(client),
);

await section("Get state", [seat("such_uuid", { channels: ["ch1", "ch2"] }, { age: 20 })], () =>
  samples.getState(client),
);

for (const group of ["gr1", "gr2", "gr3"]) {
  await channelGroups.addChannels({ channelGroup: group, channels: `in-${group}` });
}
await section(
  "Set state for channels in channel groups",
  [seat(client.userId, { channelGroups: ["gr1", "gr2", "gr3"] })],
  async () => {
    const answer = await samples.setStateForGroups(client);
    const { channels } = await client.getState({ channelGroups: ["gr1", "gr2", "gr3"] });
    return { ...answer, channels };
  },
);

await client.close();
