/** Semantics conformance: notices of activity (semantics § 1.2). */
import type { Channel } from "@hereabouts/protocol";
import { observe, type TestClient } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { dropNoticed, overEachTransport } from "./support.ts";

const notices = "notices" as Channel;

overEachTransport("notices of activity", (open) => {
  /** What was published on the notices' channel, without the time, which must be the second it is. */
  async function noticesSeen(client: TestClient, observer: Awaited<ReturnType<typeof observe>>) {
    const items = await observer.collect();
    return items.map(({ d, i }) => {
      const { timestamp, ...notice } = d as { readonly timestamp: number };
      expect(Math.abs(timestamp - client.world.now() / 1_000)).toBeLessThan(20);
      expect([Number.isInteger(timestamp), i]).toEqual([true, undefined]);
      return notice;
    });
  }

  test("[S-092] the first join and the last leave are published, those between are not", async () => {
    const client = await open({ policy: { activeNoticeChannel: notices } });
    const observer = await observe(client, notices, { user: "observer" });
    await noticesSeen(client, observer);

    await client.handshake("u", "ch");
    await client.heartbeat("v", "ch");
    await client.setState("u", "ch", { a: 1 });
    expect(await noticesSeen(client, observer)).toEqual([{ action: "active", channel: "ch" }]);
    await client.leave("v", "ch");
    await client.leave("u", "ch");

    expect(await noticesSeen(client, observer)).toEqual([{ action: "inactive", channel: "ch" }]);
  });

  test("[S-092] a channel whose last user times out is inactive", async () => {
    const client = await open({
      policy: { activeNoticeChannel: notices, rules: [{ channels: notices, track: false }] },
    });
    const observer = await observe(client, notices, { user: "observer" });

    await client.heartbeat("u", ["a", "b"], { heartbeat: 2 });
    expect(await noticesSeen(client, observer)).toEqual([
      { action: "active", channel: "a" },
      { action: "active", channel: "b" },
    ]);
    await client.world.advance(2_500);

    const seen = await noticesSeen(client, observer);
    expect(seen).toHaveLength(2);
    expect(seen).toEqual(
      expect.arrayContaining([
        { action: "inactive", channel: "a" },
        { action: "inactive", channel: "b" },
      ]),
    );
  });

  test("[S-092] a channel whose last user's connection closes is inactive", async () => {
    const client = await open({
      policy: {
        activeNoticeChannel: notices,
        leaveOnDisconnect: true,
        rules: [{ channels: notices, track: false }],
      },
    });
    const observer = await observe(client, notices, { user: "observer" });
    const cursor = await client.handshake("u", "ch");
    const poll = await client.poll("u", "ch", cursor, { connection: "own" });
    expect(await noticesSeen(client, observer)).toEqual([{ action: "active", channel: "ch" }]);

    await dropNoticed(client, poll);
    await client.world.advance(3_200);

    expect(await noticesSeen(client, observer)).toEqual([{ action: "inactive", channel: "ch" }]);
  });

  test("[S-092] each rule has its own channel for them, or none", async () => {
    const client = await open({
      policy: {
        activeNoticeChannel: notices,
        rules: [
          { channels: "chat-*", activeNoticeChannel: "chats" as Channel },
          { channels: "still-*", activeNoticeChannel: null },
          { channels: "none-*", track: false },
        ],
      },
    });
    const observer = await observe(client, [notices, "chats"], { user: "notices-watcher" });
    await observer.collect();

    await client.heartbeat("u", ["ch", "chat-1", "still-1", "none-1"]);

    const seen = (await observer.collect()).map(({ c, d }) => [
      c,
      (d as { readonly channel: string }).channel,
    ]);
    expect(seen).toHaveLength(2);
    expect(seen).toEqual(
      expect.arrayContaining([
        [notices, "ch"],
        ["chats", "chat-1"],
      ]),
    );
  });

  test("[S-092] without a channel for them nothing is published", async () => {
    const client = await open();
    const observer = await observe(client, notices, { user: "observer" });

    await client.heartbeat("u", "ch");
    await client.leave("u", "ch");

    expect(await observer.collect()).toEqual([]);
  });
});
