/** The most channels one user may sit in: one more is refused with its name, and those that fit are taken. */
import { seatsPerUserMax } from "@hereabouts/core";
import { channelsPerRequestMax } from "@hereabouts/protocol";
import { testKeys } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { bodyOf, inEachWorld } from "./support.ts";

/** Channels that fit into a target with room to spare. */
const batch = 4_000;

inEachWorld("the seat limit", (open) => {
  test("a user in as many channels as one may be in gets no seat in one more, and is told so", async () => {
    expect(batch).toBeLessThanOrEqual(channelsPerRequestMax);
    const client = await open();
    for (let first = 0; first < seatsPerUserMax; first += batch) {
      const channels = Array.from({ length: batch }, (_, index) => (first + index).toString(36));
      await client.heartbeat("u", channels);
    }

    const refused = await client.heartbeat("u", ["0", "more", "and-more"]);
    expect(bodyOf(refused, 400)).toEqual({
      status: 400,
      error: 1,
      service: "Presence",
      message: `User "u" sits in 20000 channels, which is the most there may be: no seat in "more" and 1 more channels.`,
    });
    expect((await client.world.get(`/v2/subscribe/${testKeys.subscribe}/more/0?uuid=u`)).status).toBe(400);
    expect(bodyOf(await client.hereNow("more"))).toMatchObject({ occupancy: 0 });

    await client.leave("u", "0");
    expect((await client.heartbeat("u", "more")).status).toBe(200);
  });
});
