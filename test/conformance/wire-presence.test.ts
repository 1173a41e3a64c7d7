/** Wire conformance: heartbeat, leave, here now, where now (wire specification §§ 5 to 9). */
import { type TestClient, testKeys, testTargets } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { bodyOf, channelsOf, inEachWorld, presenceOk, usersIn } from "./support.ts";

const invalidJson = { status: 400, error: 1, message: "Invalid JSON specified.", service: "Presence" };

/** The body of a here now of several channels. */
function multi(channels: Readonly<Record<string, { readonly occupancy: number }>>): object {
  const counts = Object.values(channels).map((channel) => channel.occupancy);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    ...presenceOk,
    payload: { channels, total_channels: counts.length, total_occupancy: total },
  };
}

inEachWorld("heartbeat and leave", (open) => {
  test("[W-030] a heartbeat is acknowledged, and nothing more", async () => {
    const client = await open();

    expect(bodyOf(await client.heartbeat("u", "a"))).toEqual(presenceOk);
  });

  test("[W-031] a heartbeat of a group seats the user in its channels", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b"]);

    expect(bodyOf(await client.heartbeat("u", [], { groups: ["g"] }))).toEqual(presenceOk);

    expect(await usersIn(client, "a")).toEqual(["u"]);
    expect(await usersIn(client, "b")).toEqual(["u"]);
  });

  test("[W-032] a heartbeat's state can be read back", async () => {
    const client = await open();

    await client.heartbeat("u", "a", { state: { a: { x: 1 } } });

    expect(bodyOf(await client.getState("u", "a"))).toMatchObject({ payload: { x: 1 } });
  });

  test("[W-033] a heartbeat with state that is no JSON is refused, and seats nobody", async () => {
    const client = await open();

    const reply = await client.world.get(testTargets.presence("/channel/a/heartbeat?uuid=u&state=%7Bbad"));

    expect(bodyOf(reply, 400)).toEqual(invalidJson);
    expect(await usersIn(client, "a")).toEqual([]);
  });

  test("[W-034] a heartbeat with empty state leaves the state alone", async () => {
    const client = await open();
    await client.heartbeat("u", "a", { state: { a: { x: 1 } } });

    expect(bodyOf(await client.heartbeat("u", "a", { state: {} }))).toEqual(presenceOk);

    expect(bodyOf(await client.getState("u", "a"))).toMatchObject({ payload: { x: 1 } });
  });

  test("a heartbeat or leave without a user, or of nothing, is refused", async () => {
    const client = await open();

    for (const rest of ["/channel/a/heartbeat", "/channel/a/leave", "/channel/a/heartbeat?uuid="]) {
      expect(bodyOf(await client.world.get(testTargets.presence(rest)), 400), rest).toMatchObject({
        status: 400,
      });
    }
    expect(await usersIn(client, "a")).toEqual([]);
  });

  test("[W-040] leaving where one is not is acknowledged", async () => {
    const client = await open();

    expect(bodyOf(await client.leave("u", "a"))).toEqual({ ...presenceOk, action: "leave" });
  });

  test("[W-041] sub_key is another spelling of sub-key on every presence path", async () => {
    const client = await open();
    await client.heartbeat("u", "a");
    const get = (rest: string): Promise<unknown> =>
      client.world.get(`/v2/presence/sub_key/${testKeys.subscribe}${rest}`).then((reply) => bodyOf(reply));

    expect(await get("/channel/a")).toEqual({ ...presenceOk, occupancy: 1, uuids: ["u"] });
    expect(await get("/uuid/u")).toEqual({ ...presenceOk, payload: { channels: ["a"] } });
    expect(await get("/channel/a/uuid/u/data?state=%7B%7D")).toMatchObject({ payload: {} });
    expect(await get("/channel/a/uuid/u")).toMatchObject({ payload: {} });
    expect(await get("/channel/b/heartbeat?uuid=u")).toEqual(presenceOk);
    expect(await get("/channel/a/leave?uuid=u")).toEqual({ ...presenceOk, action: "leave" });
    expect(await get("")).toEqual(multi({ b: { occupancy: 1, uuids: ["u"] } as { occupancy: number } }));
  });
});

inEachWorld("here now", (open) => {
  const threeUsers = async (client: TestClient): Promise<void> => {
    for (const user of ["u1", "u2", "u3"]) await client.heartbeat(user, "a");
  };

  test("[W-050] one channel is answered in the single form", async () => {
    const client = await open();
    await client.handshake("u", "a");

    expect(bodyOf(await client.hereNow("a"))).toEqual({ ...presenceOk, occupancy: 1, uuids: ["u"] });
  });

  test("[W-051] [W-052] with state, users are objects, with their state when they have some", async () => {
    const client = await open();
    await client.handshake("u1", "a");
    await client.handshake("u2", "a");
    await client.setState("u2", "a", { mood: "ok", list: [1, { deep: true }] });

    expect(bodyOf(await client.hereNow("a", { query: { state: 1 } }))).toEqual({
      ...presenceOk,
      occupancy: 2,
      uuids: [{ uuid: "u1" }, { uuid: "u2", state: { mood: "ok", list: [1, { deep: true }] } }],
    });
    expect(bodyOf(await client.hereNow("a", { query: { state: 0 } }))).toMatchObject({ uuids: ["u1", "u2"] });
  });

  test("[W-053] without users there is the occupancy alone, even when state is asked for", async () => {
    const client = await open();
    await client.handshake("u", "a");

    const counted = { ...presenceOk, occupancy: 1 };
    expect(bodyOf(await client.hereNow("a", { query: { disable_uuids: 1 } }))).toEqual(counted);
    expect(bodyOf(await client.hereNow("a", { query: { disable_uuids: 1, state: 1 } }))).toEqual(counted);
  });

  test("[W-054] an empty channel has nobody and no occupancy", async () => {
    const client = await open();

    expect(bodyOf(await client.hereNow("a"))).toEqual({ ...presenceOk, occupancy: 0, uuids: [] });
  });

  test("[W-055] two channels are answered in the multi form, a user of both counted twice", async () => {
    const client = await open();
    await client.handshake("u", ["a", "b"]);

    const body = bodyOf(await client.hereNow(["a", "b"]));

    expect(body).toEqual({
      ...presenceOk,
      payload: {
        channels: { a: { occupancy: 1, uuids: ["u"] }, b: { occupancy: 1, uuids: ["u"] } },
        total_channels: 2,
        total_occupancy: 2,
      },
    });
    expect(body).not.toHaveProperty("occupancy");
  });

  test("[W-056] one channel and a group are answered in the multi form", async () => {
    const client = await open();
    await client.addToGroup("g", ["b"]);
    await client.handshake("u", ["a", "b"]);

    expect(bodyOf(await client.hereNow("a", { groups: ["g"] }))).toEqual({
      ...presenceOk,
      payload: {
        channels: { a: { occupancy: 1, uuids: ["u"] }, b: { occupancy: 1, uuids: ["u"] } },
        total_channels: 2,
        total_occupancy: 2,
      },
    });
    const empty = await client.hereNow("c", { groups: ["unknown"] });
    expect(bodyOf(empty)).toEqual(multi({}));
  });

  test("[W-057] a group without users listed has occupancies alone", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b", "empty"]);
    await client.handshake("u1", ["a", "b"]);
    await client.handshake("u2", ["b"]);

    const reply = await client.hereNow([], { groups: ["g"], query: { disable_uuids: 1 } });

    expect(bodyOf(reply)).toEqual(multi({ a: { occupancy: 1 }, b: { occupancy: 2 } }));
  });

  test("[W-058] nobody in several channels is an empty multi form", async () => {
    const client = await open();

    expect(bodyOf(await client.hereNow(["a", "b"]))).toEqual(multi({}));
  });

  test("[W-059] limit and offset page through the users in a stable order, with the full occupancy", async () => {
    const client = await open();
    await threeUsers(client);
    const page = async (query: Readonly<Record<string, string | number>>): Promise<unknown> =>
      bodyOf(await client.hereNow("a", { query }));

    expect(await page({ limit: 2 })).toEqual({ ...presenceOk, occupancy: 3, uuids: ["u1", "u2"] });
    expect(await page({ limit: 2, offset: 2 })).toEqual({ ...presenceOk, occupancy: 3, uuids: ["u3"] });
    expect(await page({ limit: 2, offset: 9 })).toEqual({ ...presenceOk, occupancy: 3, uuids: [] });
    for (const query of [{ limit: "x" }, { limit: -1 }, { offset: "x" }, { offset: -1 }, { limit: "" }]) {
      expect(await page(query), JSON.stringify(query)).toMatchObject({ uuids: ["u1", "u2", "u3"] });
    }
  });

  test("[W-060] limit 0 lists nobody and counts everybody", async () => {
    const client = await open();
    await threeUsers(client);

    const one = bodyOf(await client.hereNow("a", { query: { limit: 0 } }));
    const several = bodyOf(await client.hereNow(["a", "b"], { query: { limit: 0 } }));

    expect(one).toEqual({ ...presenceOk, occupancy: 3, uuids: [] });
    expect(several).toEqual({
      ...presenceOk,
      payload: { channels: { a: { occupancy: 3, uuids: [] } }, total_channels: 1, total_occupancy: 3 },
    });
  });

  test("[W-061] a limit above 1000 gives 1000 users", async () => {
    const client = await open();
    const users = Array.from({ length: 1_005 }, (_, number) => `user-${number}`);
    for (let at = 0; at < users.length; at += 50) {
      await Promise.all(users.slice(at, at + 50).map((user) => client.heartbeat(user, "a")));
    }

    const body = bodyOf(await client.hereNow("a", { query: { limit: 5_000 } }));

    const { occupancy, uuids } = body as { readonly occupancy: number; readonly uuids: string[] };
    expect({ occupancy, listed: uuids.length, distinct: new Set(uuids).size }).toEqual({
      occupancy: 1_005,
      listed: 1_000,
      distinct: 1_000,
    });
  });

  test("[W-062] the whole keyset lists occupied channels only", async () => {
    const client = await open();
    expect(bodyOf(await client.globalHereNow())).toEqual(multi({}));
    await client.handshake("u", ["a", "b"]);
    await client.leave("u", "b");
    await client.setState("v", "c", { x: 1 });

    expect(bodyOf(await client.globalHereNow())).toEqual({
      ...presenceOk,
      payload: { channels: { a: { occupancy: 1, uuids: ["u"] } }, total_channels: 1, total_occupancy: 1 },
    });
    expect(bodyOf(await client.globalHereNow({ disable_uuids: 1 }))).toEqual(multi({ a: { occupancy: 1 } }));
  });

  test("[W-063] the whole keyset is refused where that is switched off", async () => {
    const client = await open({ policy: { globalHereNow: false } });

    const body = bodyOf(await client.globalHereNow(), 402);

    expect(body).toMatchObject({ status: 402, error: 1, service: "Presence", message: expect.any(String) });
    expect(bodyOf(await client.hereNow("a"))).toMatchObject({ occupancy: 0 });
  });

  test("presence channels are ignored: here now of one is empty", async () => {
    const client = await open();
    await client.handshake("u", ["a", "a-pnpres"]);

    expect(bodyOf(await client.hereNow("a-pnpres"))).toEqual({ ...presenceOk, occupancy: 0, uuids: [] });
  });
});

inEachWorld("where now", (open) => {
  test("[W-070] a user's channels are listed, members of groups as channels, presence channels never", async () => {
    const client = await open();
    await client.addToGroup("g", "c");
    await client.handshake("u", ["a", "a-pnpres", "b"], { groups: ["g", "g-pnpres"] });

    expect(await channelsOf(client, "u")).toEqual(["a", "b", "c"]);
  });

  test("[W-071] an unknown user is nowhere", async () => {
    const client = await open();

    expect(bodyOf(await client.whereNow("u"))).toEqual({ ...presenceOk, payload: { channels: [] } });
  });

  test("[W-072] a user may have a name of special characters", async () => {
    const client = await open();
    const nobody = await client.world.get(testTargets.presence("/uuid/.%2A%7C%40"));
    expect(bodyOf(nobody)).toEqual({ ...presenceOk, payload: { channels: [] } });

    await client.handshake(".*|@", "a");

    expect(await channelsOf(client, ".*|@")).toEqual(["a"]);
    expect(await usersIn(client, "a")).toEqual([".*|@"]);
  });
});
