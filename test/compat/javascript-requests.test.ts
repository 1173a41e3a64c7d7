/** The JavaScript client's requests: here now, where now, state, groups, and being refused. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompatServer, compatTargets, crowdOn, startCompatServer } from "./support/compat-server.ts";
import { timetoken } from "./support/expected.ts";
import { type Company, companyOn } from "./support/subscriber.ts";

const longSeconds = 120;

describe.each(compatTargets)("pubnub 7.3.3 asks the server on %s", { concurrent: true }, (target) => {
  let server: CompatServer;
  let company: Company;
  beforeAll(async () => {
    server = await startCompatServer(target);
    company = companyOn(server);
  });
  afterAll(async () => {
    company[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  test("[S-114] who is in one channel, with and without users and state", async () => {
    const { client } = company.open("asker");
    const crowd = crowdOn(server, "common");
    const channel = "js one channel: it's (free)!";
    await crowd.seat("alice", [channel], longSeconds);
    await crowd.seat("bob", [channel], longSeconds);
    await crowd.setState("bob", [channel], { mood: "good" });

    const one = (occupants: unknown): unknown => ({
      totalChannels: 1,
      totalOccupancy: 2,
      channels: { [channel]: { name: channel, occupancy: 2, occupants } },
    });
    expect(await client.hereNow({ channels: [channel] })).toEqual(
      one([
        { uuid: "alice", state: null },
        { uuid: "bob", state: null },
      ]),
    );
    expect(await client.hereNow({ channels: [channel], includeState: true })).toEqual(
      one([
        { uuid: "alice", state: undefined },
        { uuid: "bob", state: { mood: "good" } },
      ]),
    );
    expect(await client.hereNow({ channels: [channel], includeUUIDs: false })).toEqual(one([]));
    expect(await client.hereNow({ channels: ["js-nobody"] })).toEqual({
      totalChannels: 1,
      totalOccupancy: 0,
      channels: { "js-nobody": { name: "js-nobody", occupancy: 0, occupants: [] } },
    });
  });

  test("[S-114] who is in several channels, and in a group", async () => {
    const { client } = company.open("asker");
    const crowd = crowdOn(server, "common");
    await crowd.addToGroup("js-several-group", ["js-several-2", "js-several-3"]);
    await crowd.seat("alice", ["js-several-1", "js-several-2"], longSeconds);
    await crowd.seatInGroups("bob", ["js-several-group"], longSeconds);
    await crowd.setState("alice", ["js-several-2"], { mood: "good" });
    const room = (name: string, ...occupants: unknown[]): unknown => ({
      name,
      occupancy: occupants.length,
      occupants,
    });
    const alice = { uuid: "alice", state: null };
    const bob = { uuid: "bob", state: null };

    expect(await client.hereNow({ channels: ["js-several-1", "js-several-2", "js-nobody"] })).toEqual({
      totalChannels: 2,
      totalOccupancy: 3,
      channels: {
        "js-several-1": room("js-several-1", alice),
        "js-several-2": room("js-several-2", alice, bob),
      },
    });
    expect(await client.hereNow({ channelGroups: ["js-several-group"], includeState: true })).toEqual({
      totalChannels: 2,
      totalOccupancy: 3,
      channels: {
        "js-several-2": room(
          "js-several-2",
          { uuid: "alice", state: { mood: "good" } },
          { uuid: "bob", state: undefined },
        ),
        "js-several-3": room("js-several-3", { uuid: "bob", state: undefined }),
      },
    });
    expect(await client.hereNow({ channels: ["js-several-1"], channelGroups: ["js-several-group"] })).toEqual(
      {
        totalChannels: 3,
        totalOccupancy: 4,
        channels: {
          "js-several-1": room("js-several-1", alice),
          "js-several-2": room("js-several-2", alice, bob),
          "js-several-3": room("js-several-3", bob),
        },
      },
    );
    expect(await client.hereNow({ channels: ["js-nobody", "js-nobody-too"] })).toEqual({
      totalChannels: 0,
      totalOccupancy: 0,
      channels: {},
    });
  });

  test("[S-114] who is anywhere", async () => {
    const { client } = company.open("asker", { keyset: "javascriptWorld" });
    const crowd = crowdOn(server, "javascriptWorld");
    await crowd.seat("alice", ["js-world-1", "js-world-2"], longSeconds);
    await crowd.seat("bob", ["js-world-2"], longSeconds);

    expect(await client.hereNow({})).toEqual({
      totalChannels: 2,
      totalOccupancy: 3,
      channels: {
        "js-world-1": { name: "js-world-1", occupancy: 1, occupants: [{ uuid: "alice", state: null }] },
        "js-world-2": {
          name: "js-world-2",
          occupancy: 2,
          occupants: [
            { uuid: "alice", state: null },
            { uuid: "bob", state: null },
          ],
        },
      },
    });
    expect(await client.hereNow({ includeUUIDs: false })).toEqual({
      totalChannels: 2,
      totalOccupancy: 3,
      channels: {
        "js-world-1": { name: "js-world-1", occupancy: 1, occupants: [] },
        "js-world-2": { name: "js-world-2", occupancy: 2, occupants: [] },
      },
    });
  });

  test("who is anywhere, where that may not be asked: the client recognises the refusal", async () => {
    const { client } = company.open("asker", { keyset: "partial" });

    await expect(client.hereNow({})).rejects.toMatchObject({
      status: {
        error: true,
        statusCode: 402,
        errorData: {
          message: expect.stringMatching(/^You have tried to perform a Global Here Now operation/),
        },
      },
    });
  });

  test("[S-114] [W-060] limit 0, limit and offset reach the server and the occupancy stays the whole one", async () => {
    const { client } = company.open("asker");
    const crowd = crowdOn(server, "common");
    for (const user of ["u1", "u2", "u3"]) await crowd.seat(user, ["js-pages", "js-pages-2"], longSeconds);
    const page = async (queryParameters: Readonly<Record<string, number>>): Promise<unknown> =>
      (await client.hereNow({ channels: ["js-pages"], queryParameters })).channels["js-pages"];
    const listed = (...users: string[]): unknown => ({
      name: "js-pages",
      occupancy: 3,
      occupants: users.map((uuid) => ({ uuid, state: null })),
    });

    expect(await page({ limit: 0 })).toEqual(listed());
    expect(await page({ limit: 2 })).toEqual(listed("u1", "u2"));
    expect(await page({ limit: 2, offset: 2 })).toEqual(listed("u3"));
    expect(
      await client.hereNow({ channels: ["js-pages", "js-pages-2"], queryParameters: { limit: 0 } }),
    ).toEqual({
      totalChannels: 2,
      totalOccupancy: 6,
      channels: {
        "js-pages": { name: "js-pages", occupancy: 3, occupants: [] },
        "js-pages-2": { name: "js-pages-2", occupancy: 3, occupants: [] },
      },
    });
  });

  test("where it is itself, where another user is, and that an unknown one is nowhere", async () => {
    const asker = company.open("js where/am I?");
    await asker.subscribe({ channels: ["js where: 100%", "js-where-2"], withPresence: true });
    await crowdOn(server, "common").seat("someone & else", ["js-where-2"], longSeconds);

    const own = await asker.client.whereNow({});
    expect(new Set(own.channels)).toEqual(new Set(["js where: 100%", "js-where-2"]));
    expect(await asker.client.whereNow({ uuid: "someone & else" })).toEqual({ channels: ["js-where-2"] });
    expect(await asker.client.whereNow({ uuid: "nobody" })).toEqual({ channels: [] });
  });

  test("setting and getting state in a channel, in several, and in a group", async () => {
    const { client } = company.open("js-state-user");
    const state = { level: 3, tags: ["a", "b"], ключ: { deep: null } };
    await crowdOn(server, "common").addToGroup("js-state-group", ["js-state-3", "js-state-4"]);

    expect(await client.setState({ channels: ["js-state-1"], state })).toEqual({ state });
    expect(await client.getState({ channels: ["js-state-1"] })).toEqual({
      channels: { "js-state-1": state },
    });
    expect(await client.setState({ channels: ["js-state-1", "js-state-2"], state: { b: 1 } })).toEqual({
      state: { b: 1 },
    });
    // This client hands out the whole payload of the multi form, so that `channels` comes twice.
    expect(await client.getState({ channels: ["js-state-1", "js-state-2", "js-state-none"] })).toEqual({
      channels: { channels: { "js-state-1": { b: 1 }, "js-state-2": { b: 1 }, "js-state-none": {} } },
    });
    expect(await client.setState({ channelGroups: ["js-state-group"], state: { c: 2 } })).toEqual({
      state: { c: 2 },
    });
    expect(
      await company
        .open("asker")
        .client.getState({ channelGroups: ["js-state-group"], uuid: "js-state-user" }),
    ).toEqual({ channels: { channels: { "js-state-3": { c: 2 }, "js-state-4": { c: 2 } } } });
  });

  test("setting state by a heartbeat, for channels and groups by name", async () => {
    const { client } = company.open("js-beating-user");
    await crowdOn(server, "common").addToGroup("js-beating-group", ["js-beating-2"]);

    const places = { channels: ["js-beating-1"], channelGroups: ["js-beating-group"] };
    await client.setState({ ...places, state: { beat: 1 }, withHeartbeat: true });

    expect(await client.getState(places)).toEqual({
      channels: { channels: { "js-beating-1": { beat: 1 }, "js-beating-2": { beat: 1 } } },
    });
    expect(new Set((await client.whereNow({})).channels)).toEqual(new Set(["js-beating-1", "js-beating-2"]));
  });

  test("[S-028] setting state by a heartbeat that carries the bare state", async () => {
    const { client } = company.open("js-bare-user");

    await client.iAmHere({ channels: ["js-bare-1", "js-bare-2"], state: { age: 7, name: "Zoë" } });

    expect(await client.getState({ channels: ["js-bare-1", "js-bare-2"] })).toEqual({
      channels: { channels: { "js-bare-1": { age: 7, name: "Zoë" }, "js-bare-2": { age: 7, name: "Zoë" } } },
    });
  });

  test("heartbeats and leaves by hand put the user in and out", async () => {
    const { client } = company.open("js-hand-user", { useInstanceId: true, useRequestId: true });

    await client.iAmHere({ channels: ["js-hand"] });
    expect(await client.whereNow({})).toEqual({ channels: ["js-hand"] });
    await client.iAmAway({ channels: ["js-hand"] });
    expect(await client.whereNow({})).toEqual({ channels: [] });
  });

  test("a group is filled, listed, thinned out and dropped", async () => {
    const { client } = company.open("keeper");
    const channelGroup = "js-groups own (1)!";
    const listed = async (): Promise<ReadonlySet<string>> =>
      new Set((await client.channelGroups.listChannels({ channelGroup })).channels);

    expect(await listed()).toEqual(new Set());
    await client.channelGroups.addChannels({ channelGroup, channels: ["a", "b", "c's d"] });
    expect(await listed()).toEqual(new Set(["a", "b", "c's d"]));
    expect((await client.channelGroups.listGroups()).groups).toContain(channelGroup);
    await client.channelGroups.removeChannels({ channelGroup, channels: ["a"] });
    expect(await listed()).toEqual(new Set(["b", "c's d"]));
    await client.channelGroups.deleteGroup({ channelGroup });
    expect(await listed()).toEqual(new Set());
    expect((await client.channelGroups.listGroups()).groups).not.toContain(channelGroup);
  });

  test("the time", async () => {
    const { client } = company.open("asker");
    expect(await client.time()).toEqual({ timetoken: expect.toSatisfy(isNow) });
  });

  test("a stranger's key is refused with the client's category for bad requests, whatever is asked", async () => {
    const { client } = company.open("stranger", { subscribeKey: "nobodys-key" });
    const refused = {
      status: {
        error: true,
        statusCode: 400,
        category: "PNBadRequestCategory",
        errorData: { message: "Invalid Subscribe Key", error: true, service: "Access Manager", status: 400 },
      },
    };
    await expect(client.hereNow({ channels: ["a"] })).rejects.toMatchObject(refused);
    await expect(client.whereNow({})).rejects.toMatchObject(refused);
    await expect(client.getState({ channels: ["a"] })).rejects.toMatchObject(refused);
    await expect(client.channelGroups.listGroups()).rejects.toMatchObject(refused);
    await expect(client.publish({ channel: "a", message: "hey" })).rejects.toMatchObject(refused);
  });

  test("a stranger's publish key is refused", async () => {
    const { client } = company.open("stranger", { publishKey: "nobodys-key" });
    await expect(client.publish({ channel: "a", message: "hey" })).rejects.toMatchObject({
      status: {
        error: true,
        statusCode: 400,
        category: "PNBadRequestCategory",
        errorData: [0, "Invalid Key", timetoken],
      },
    });
  });

  test("state that is no object, and a name that is too long, are refused and say why", async () => {
    const { client } = company.open("asker");
    const noObject: unknown = [1];
    await expect(
      client.iAmHere({ channels: ["a"], state: noObject as Record<string, unknown> }),
    ).rejects.toMatchObject({
      status: { statusCode: 400, errorData: { message: "Invalid JSON specified.", service: "Presence" } },
    });
    await expect(client.hereNow({ channels: ["n".repeat(93)] })).rejects.toMatchObject({
      status: { error: true, statusCode: 400, category: "PNBadRequestCategory" },
    });
  });
});

/** Whether a timetoken is of the last ten seconds. The client has made a double of it, so it is not exact. */
function isNow(value: unknown): boolean {
  const milliseconds = Number(value) / 10_000;
  return Math.abs(Date.now() - milliseconds) < 10_000;
}
