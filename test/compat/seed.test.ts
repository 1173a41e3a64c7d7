/** The Python samples of the presence page, in its order, as they are written there: only the configuration is ours. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CompatServer,
  compatTargets,
  crowdOn,
  type KeysetName,
  startCompatServer,
} from "./support/compat-server.ts";
import { describePython, observationsOf, outputOf } from "./support/python.ts";

const samples = join(import.meta.dirname, "seed");
const longSeconds = 120;

describePython("the presence page's samples", () => {
  describe.each(compatTargets)("against the server on %s", { concurrent: true }, (target) => {
    let server: CompatServer;
    beforeAll(async () => {
      server = await startCompatServer(target);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    async function sample(file: string, keyset: KeysetName, user = "my_custom_user_id"): Promise<unknown> {
      const words = [user, join(samples, file)];
      const [observation, ...more] = await observationsOf("run_sample.py", {
        server,
        keyset,
        arguments: words,
      });
      expect(more).toEqual([]);
      return observation;
    }

    test("the self-contained sample prints who is in its channels", async () => {
      const crowd = crowdOn(server, "sampleList");
      await crowd.seat("alice", ["cool_channel1", "cool_channel2"], longSeconds);
      await crowd.seat("bob", ["cool_channel1"], longSeconds);
      await crowd.setState("alice", ["cool_channel2"], { age: 20 });

      const printed = await outputOf(join(samples, "01_here_now.py"), { server, keyset: "sampleList" });

      expect(printed.split(/\r?\n/)).toEqual([
        "---",
        "Channel: cool_channel1",
        "Occupancy: 2",
        "UUID: alice, State: None",
        "UUID: bob, State: None",
        "---",
        "Channel: cool_channel2",
        "Occupancy: 1",
        "UUID: alice, State: None",
        "",
      ]);
    });

    test("the self-contained sample prints nothing when nobody is there", async () => {
      const printed = await outputOf(join(samples, "01_here_now.py"), {
        server,
        keyset: "sampleUserState",
      });
      expect(printed).toBe("");
    });

    test("returning state", async () => {
      const crowd = crowdOn(server, "sampleState");
      await crowd.seat("myUuid1", ["my_channel"], longSeconds);
      await crowd.setState("myUuid1", ["my_channel"], { abcd: { age: 15 } });

      expect(await sample("02_here_now_state.py", "sampleState")).toEqual({
        name: "PNHereNowResult",
        value: {
          total_channels: 1,
          channels: [
            {
              channel_name: "my_channel",
              occupancy: 1,
              occupants: [{ uuid: "myUuid1", state: { abcd: { age: 15 } } }],
            },
          ],
          total_occupancy: 1,
        },
      });
    });

    test("occupancy only", async () => {
      const crowd = crowdOn(server, "sampleOccupancy");
      for (const user of ["one", "two", "three"]) await crowd.seat(user, ["my_channel"], longSeconds);

      expect(await sample("03_here_now_occupancy.py", "sampleOccupancy")).toEqual({
        name: "PNHereNowResult",
        value: {
          total_channels: 1,
          channels: [{ channel_name: "my_channel", occupancy: 3, occupants: [] }],
          total_occupancy: 3,
        },
      });
    });

    test("here now for channel groups", async () => {
      const crowd = crowdOn(server, "sampleGroups");
      await crowd.addToGroup("cg1", ["my_channel", "my_channel_2"]);
      await crowd.addToGroup("cg2", ["my_channel_2", "my_channel_3"]);
      await crowd.addToGroup("cg3", ["my_channel_4", "nobody_here"]);
      await crowd.seatInGroups("143r34f34t34fq34q34q3", ["cg1"], longSeconds);
      await crowd.seat("23f34d3f4rq34r34rq23q", ["my_channel_3"], longSeconds);
      await crowd.seat("w34tcw45t45tcw435tww3", ["my_channel_4"], longSeconds);
      await crowd.setState("w34tcw45t45tcw435tww3", ["my_channel_4"], { age: 59 });

      expect(await sample("04_here_now_groups.py", "sampleGroups")).toEqual({
        name: "PNHereNowResult",
        value: {
          total_channels: 4,
          channels: expect.toSatisfy((channels: unknown) => {
            expect(Array.isArray(channels) ? new Set(channels) : channels).toEqual(
              new Set([
                oneIn("my_channel", "143r34f34t34fq34q34q3", null),
                oneIn("my_channel_2", "143r34f34t34fq34q34q3", null),
                oneIn("my_channel_3", "23f34d3f4rq34r34rq23q", null),
                oneIn("my_channel_4", "w34tcw45t45tcw435tww3", { age: 59 }),
              ]),
            );
            return true;
          }),
          total_occupancy: 4,
        },
      });
    });

    test("where now, of oneself and of another", async () => {
      const crowd = crowdOn(server, "sampleWhereNow");
      await crowd.seat("my_custom_user_id", ["here"], longSeconds);
      await crowd.seat("some-other-uuid", ["there"], longSeconds);

      expect(await sample("05_where_now.py", "sampleWhereNow")).toEqual({
        name: "PNWhereNowResult",
        value: { channels: ["here"] },
      });
      expect(await sample("06_where_now_other.py", "sampleWhereNow")).toEqual({
        name: "PNWhereNowResult",
        value: { channels: ["there"] },
      });
    });

    test("setting state, then getting it", async () => {
      await crowdOn(server, "sampleUserState").seat("such_uuid", ["ch1", "ch2"], longSeconds);

      expect(await sample("07_set_state.py", "sampleUserState", "such_uuid")).toEqual({
        name: "PNSetStateResult",
        value: { state: { age: 20 } },
      });
      expect(await sample("08_get_state.py", "sampleUserState")).toEqual({
        name: "PNGetStateResult",
        value: { channels: { ch1: { age: 20 }, ch2: { age: 20 }, ch3: { age: 20 } } },
      });
    });

    test("the client of this version refuses by itself to set state for groups alone", async () => {
      expect(await sample("09_set_state_groups.py", "sampleUserState")).toEqual({
        name: "error",
        value: { type: "PubNubAsyncioException", status: null },
      });
    });
  });
});

function oneIn(channel: string, uuid: string, state: object | null): unknown {
  return { channel_name: channel, occupancy: 1, occupants: [{ uuid, state }] };
}
