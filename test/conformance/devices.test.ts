/** Devices: clients that name themselves (`instanceid`) hold a user's seat each with a lease of its own. */
import { type Noted, observePresence } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { bodyOf, eventsThenQuiet, inEachWorld, usersIn } from "./support.ts";

const event = (action: string, occupancy: number): Noted => ({ action, channel: "ch", user: "u", occupancy });

inEachWorld("devices", (open) => {
  test("two devices of one user are one join, and one leave with the last of them", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch", { device: "phone" });
    await client.handshake("u", "ch", { device: "tab" });
    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", 1)]);
    expect(bodyOf(await client.hereNow("ch"))).toMatchObject({ occupancy: 1, uuids: ["u"] });

    await client.leave("u", "ch", { device: "phone" });
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    await client.leave("u", "ch", { device: "tab" });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave", 0)]);
    expect(await usersIn(client, "ch")).toEqual([]);
  });

  test("leaving twice with one device does not take the other's place", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch", { device: "phone" });
    await client.handshake("u", "ch", { device: "tab" });

    await client.leave("u", "ch", { device: "phone" });
    await client.leave("u", "ch", { device: "phone" });
    await client.leave("u", "ch", { device: "never there" });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", 1)]);
  });

  test("each device runs out by itself, the user with the last of them", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { device: "short", heartbeat: 2 });
    await client.heartbeat("u", "ch", { device: "long", heartbeat: 5 });

    await client.world.advance(4_999);
    expect(await observer.collectEvents()).toEqual([event("join", 1)]);
    await client.world.advance(501);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("timeout", 0)]);
  });

  test("a device that has run out does not hold the seat after the other has left", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { device: "silent", heartbeat: 2 });
    await client.heartbeat("u", "ch", { device: "busy", heartbeat: 30 });
    await client.world.advance(2_500);
    expect(await observer.collectEvents()).toEqual([event("join", 1)]);

    await client.leave("u", "ch", { device: "busy" });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave", 0)]);
  });

  test("when the busy device leaves, the seat runs out with the silent one", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { device: "silent", heartbeat: 3 });
    await client.heartbeat("u", "ch", { device: "busy", heartbeat: 300 });
    await client.world.advance(1_000);
    await client.leave("u", "ch", { device: "busy" });

    await client.world.advance(1_999);
    expect(await observer.collectEvents()).toEqual([event("join", 1)]);
    await client.world.advance(501);

    expect(await observer.collectEvents()).toEqual([event("timeout", 0)]);
  });

  test("clients that name no device are one together: a leave of any takes the user out", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch", { connection: "own" });
    await client.handshake("u", "ch", { connection: "own" });
    await client.heartbeat("u", "ch");

    await client.leave("u", "ch");

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", 1), event("leave", 0)]);
  });

  test("a client without a name and a device hold the seat beside each other", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch");
    await client.handshake("u", "ch", { device: "phone" });

    await client.leave("u", "ch");
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    await client.leave("u", "ch", { device: "phone" });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", 1), event("leave", 0)]);
  });

  test("a device's poll holds the seat as its heartbeat does", async () => {
    const client = await open({ pollHoldSeconds: 1 });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { device: "phone", heartbeat: 2 });
    await client.handshake("u", "ch", { device: "tab", heartbeat: 2 });
    for (let half = 0; half < 6; half += 1) {
      const poll = await client.poll("u", "ch", cursor, { device: "phone" });
      await client.world.advance(1_000);
      expect(poll.isSettled()).toBe(true);
    }
    expect(await observer.collectEvents()).toEqual([event("join", 1)]);

    await client.leave("u", "ch", { device: "phone" });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave", 0)]);
  });

  test("after the last device has left, polls of either are held back by the debounce", async () => {
    const client = await open({ policy: { debounceSeconds: 2 } });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { device: "phone" });
    await client.leave("u", "ch", { device: "phone" });
    await observer.collectEvents();

    await client.poll("u", "ch", cursor, { device: "phone" });

    await client.world.advance(1_999);
    expect(await observer.collectEvents()).toEqual([]);
    await client.world.advance(1);
    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", 1)]);
  });

  test("one device more than a seat may hold takes the place of the one that would run out first", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    for (let number = 0; number <= 64; number += 1) {
      await client.heartbeat("u", "ch", { device: `d${number}`, heartbeat: 100 + number });
    }

    for (let number = 1; number <= 64; number += 1) await client.leave("u", "ch", { device: `d${number}` });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", 1), event("leave", 0)]);
  });
});
