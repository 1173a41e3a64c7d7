/** Tenants: nothing of one keyset is seen, changed or told in another. */
import { createTestClient, observePresence, otherKeys, type TestClient, testKeys } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answerOf,
  bodyOf,
  channelsOf,
  eventsThenQuiet,
  expectHeld,
  inEachWorld,
  usersIn,
} from "./support.ts";

inEachWorld("tenants", (open) => {
  const openBoth = async (): Promise<readonly [TestClient, TestClient]> => {
    const mine = await open();
    return [mine, createTestClient(mine.world, otherKeys)];
  };

  test("users of one are not users of the other, whatever their names", async () => {
    const [mine, other] = await openBoth();
    const observer = await observePresence(other, "ch");
    await other.handshake("same", "ch");

    await mine.handshake("same", "ch");
    await mine.handshake("more", "ch");
    await mine.setState("same", "ch", { secret: true });

    expect(await usersIn(other, "ch")).toEqual(["same"]);
    expect(await usersIn(mine, "ch")).toEqual(["same", "more"]);
    expect(bodyOf(await other.getState("same", "ch"))).toMatchObject({ payload: {} });
    await mine.leave("same", "ch");
    expect(await channelsOf(other, "same")).toEqual(["ch"]);
    expect(await eventsThenQuiet(observer, other)).toEqual([
      { action: "join", channel: "ch", user: "same", occupancy: 1 },
    ]);
    expect((await other.globalHereNow()).text).not.toContain("more");
  });

  test("messages of one are not delivered to the other, on channels, groups and wildcards", async () => {
    const [mine, other] = await openBoth();
    await mine.addToGroup("g", "a.b");
    await other.addToGroup("g", "a.b");
    const channels = ["a.b", "a.*"];
    const cursor = await other.handshake("u", channels, { groups: ["g"] });
    const { cursor: from } = await answerOf(await other.poll("u", channels, cursor, { groups: ["g"] }));
    const poll = await other.poll("u", channels, from, { groups: ["g"] });

    await mine.publish("writer", "a.b", "mine");
    await mine.addToGroup("g", "c");
    await mine.handshake("u", "a.b");

    await expectHeld(poll, other);
    await other.publish("writer", "a.b", "theirs");
    expect((await answerOf(poll)).items.map((item) => item.d)).toEqual(["theirs"]);
  });

  test("groups of one are not groups of the other", async () => {
    const [mine, other] = await openBoth();
    await mine.addToGroup("g", "a");

    expect(bodyOf(await other.listGroup("g"))).toMatchObject({ payload: { channels: [] } });
    expect(bodyOf(await other.listGroups())).toMatchObject({ payload: { groups: [] } });
    await other.deleteGroup("g");
    expect(bodyOf(await mine.listGroup("g"))).toMatchObject({ payload: { channels: ["a"] } });
  });

  test("the publish key of one does not publish in the other", async () => {
    const [mine] = await openBoth();

    const reply = await mine.world.get(`/publish/${otherKeys.publish}/${testKeys.subscribe}/0/a/0/1`);

    expect(bodyOf(reply, 400)).toEqual([0, "Invalid Key", expect.any(String)]);
  });
});
