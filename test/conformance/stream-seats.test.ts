/** Streams: what becomes of the seats that stand on them (wire specification, streams; semantics § 15). */
import type { Channel } from "@hereabouts/protocol";
import type { TestClient, TestStream } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { opened, told } from "./stream-support.ts";
import { channelsOf, inEachWorld, kindsOnBothRuntimes, usersIn } from "./support.ts";

/** Closes a stream from its client's side; resolves when the server has noticed. */
async function drop(client: TestClient, stream: TestStream): Promise<void> {
  const held = await client.world.waiters();
  stream.drop();
  await expect.poll(() => client.world.waiters(), { interval: 1 }).toBeLessThan(held);
  await client.world.advance(0);
}

inEachWorld(
  "the seats of a stream",
  (open) => {
    test("stand for as long as it is open, without a heartbeat", async () => {
      const client = await open();
      const stream = await opened(client, "a,a-pnpres", { uuid: "u" });
      await told(client, stream);

      // In steps, so that a client behind a real socket has its turn to answer pings.
      for (let seconds = 0; seconds < 60; seconds += 5) await client.world.advance(5_000);

      expect(await told(client, stream)).toEqual([]);
      expect(await usersIn(client, "a")).toEqual(["u"]);
    });

    test("[S-071] are left when its client closes it, after the grace", async () => {
      const client = await open();
      const watcher = await opened(client, "a-pnpres");
      const stream = await opened(client, "a", { uuid: "u" });
      await told(client, watcher);
      await drop(client, stream);

      await client.world.advance(2_900);
      expect(await told(client, watcher)).toEqual([]);
      await client.world.advance(300);

      expect(await told(client, watcher)).toEqual([["leave", "a-pnpres", "u", 0]]);
    });

    test("[S-072] are kept by a client that comes back within the grace", async () => {
      const client = await open();
      const watcher = await opened(client, "a-pnpres");
      const stream = await opened(client, "a", { uuid: "u", instanceid: "d" });
      await told(client, watcher);
      await drop(client, stream);
      await client.world.advance(2_000);

      await opened(client, "a", { uuid: "u", instanceid: "d" });
      await client.world.advance(30_000);

      expect(await told(client, watcher)).toEqual([]);
    });

    test("[S-070] [S-071] are left after each channel's grace, though the policy makes closing a poll no leave", async () => {
      const rules = [
        { channels: "hall", leaveOnDisconnect: false, disconnectGraceSeconds: 0 },
        { channels: "room-*", disconnectGraceSeconds: 1 },
      ];
      const client = await open({ policy: { leaveOnDisconnect: false, disconnectGraceSeconds: 5, rules } });
      const watcher = await opened(client, "hall-pnpres,room-1-pnpres,a-pnpres");
      const stream = await opened(client, "a,hall,room-1", { uuid: "u" });
      await told(client, watcher);

      await drop(client, stream);
      const atOnce = await told(client, watcher);
      await client.world.advance(1_200);
      const afterASecond = await told(client, watcher);
      await client.world.advance(3_600);
      const before = await told(client, watcher);
      await client.world.advance(400);

      expect([atOnce, afterASecond, before, await told(client, watcher)]).toEqual([
        [["leave", "hall-pnpres", "u", 0]],
        [["leave", "room-1-pnpres", "u", 0]],
        [],
        [["leave", "a-pnpres", "u", 0]],
      ]);
    });

    test("[S-090] are none where no rule selects the channel, and messages are pushed all the same", async () => {
      const client = await open({ policy: { tracking: "selected", rules: [{ channels: "chat-*" }] } });
      const stream = await opened(client, "a,a-pnpres,chat-1", { uuid: "u" });
      await client.publish("writer", "a", "hey");
      await client.world.advance(12_000);

      expect(await told(client, stream)).toEqual([["hey", "a", "a"]]);
      expect(await channelsOf(client, "u")).toEqual(["chat-1"]);
    });

    test("[S-091] are told of as the channel's rule says", async () => {
      const client = await open({ policy: { rules: [{ channels: "a", events: ["join"] }] } });
      const watcher = await opened(client, "a-pnpres");

      const stream = await opened(client, "a", { uuid: "u", state: JSON.stringify({ a: { n: 1 } }) });
      await drop(client, stream);
      await client.world.advance(3_200);

      expect(await usersIn(client, "a")).toEqual([]);
      expect(await told(client, watcher)).toEqual([["join", "a-pnpres", "u", 1]]);
    });

    test("[S-092] make a channel active and inactive", async () => {
      const client = await open({ policy: { activeNoticeChannel: "notices" as Channel } });
      const watcher = await opened(client, "notices");

      const stream = await opened(client, "a", { uuid: "u" });
      await drop(client, stream);
      await client.world.advance(3_200);

      expect(await told(client, watcher)).toEqual([
        ["active", "notices", undefined, undefined],
        ["inactive", "notices", undefined, undefined],
      ]);
    });

    test("[S-050] [S-055] of a large channel are summed up, but for their states", async () => {
      const client = await open({ policy: { announceMax: 1, intervalSeconds: 10, presenceDeltas: true } });
      const watcher = await opened(client, "a-pnpres");
      await opened(client, "a", { uuid: "u" });
      await opened(client, "a", { uuid: "v", state: JSON.stringify({ a: { n: 1 } }) });
      expect(await told(client, watcher)).toEqual([
        ["join", "a-pnpres", "u", 1],
        ["state-change", "a-pnpres", "v", 2],
      ]);

      await client.world.advance(10_400);

      expect(await told(client, watcher)).toEqual([["interval", "a-pnpres", undefined, 2]]);
    });
  },
  kindsOnBothRuntimes,
);
