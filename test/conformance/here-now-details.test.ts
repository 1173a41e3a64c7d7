/** The extension of here now for rosters: details, revisions, and pages that stay whole while users come and go. */
import { observePresence, type TestClient } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { bodyOf, inEachWorld, presenceOk } from "./support.ts";

interface Detailed {
  readonly occupancy: number;
  readonly uuids: readonly { readonly uuid: string }[];
  readonly epoch: string;
  readonly revision: number;
  readonly next?: string;
}

inEachWorld("here now with details", (open) => {
  const detailed = async (
    client: TestClient,
    query: Readonly<Record<string, string | number>> = {},
  ): Promise<Detailed> => bodyOf(await client.hereNow("ch", { query: { details: 1, ...query } })) as Detailed;

  test("says since when and on how many devices each user is there", async () => {
    const client = await open();
    const begun = client.world.now();
    await client.heartbeat("u1", "ch", { device: "phone", heartbeat: 5 });
    await client.world.advance(1_500);
    await client.heartbeat("u1", "ch", { device: "tab", heartbeat: 300 });
    await client.heartbeat("u2", "ch", { state: { ch: { a: 1 } } });

    expect(await detailed(client)).toEqual({
      ...presenceOk,
      occupancy: 2,
      uuids: [
        { uuid: "u1", since: begun, devices: 2 },
        { uuid: "u2", since: begun + 1_500, devices: 1 },
      ],
      epoch: expect.stringMatching(/./),
      revision: 3,
    });
    await client.world.advance(5_000);
    expect(await detailed(client, { state: 1 })).toMatchObject({
      uuids: [
        { uuid: "u1", since: begun, devices: 1 },
        { uuid: "u2", since: begun + 1_500, devices: 1, state: { a: 1 } },
      ],
    });
  });

  test("knows nothing of a channel nobody has been in", async () => {
    const client = await open();

    expect(await detailed(client)).toEqual({
      ...presenceOk,
      occupancy: 0,
      uuids: [],
      epoch: "",
      revision: 0,
    });
  });

  test("without being asked for, adds nothing", async () => {
    const client = await open();
    await client.heartbeat("u", "ch");

    expect(bodyOf(await client.hereNow("ch"))).toEqual({ ...presenceOk, occupancy: 1, uuids: ["u"] });
    expect(bodyOf(await client.hereNow("ch", { query: { details: 0 } }))).toEqual({
      ...presenceOk,
      occupancy: 1,
      uuids: ["u"],
    });
  });

  test("is never stale, though policy lets other answers be", async () => {
    const client = await open({ policy: { hereNowStaleMs: 3_000 } });
    await client.heartbeat("u1", "ch");
    await detailed(client);
    expect(bodyOf(await client.hereNow("ch"))).toMatchObject({ uuids: ["u1"] });

    await client.heartbeat("u2", "ch");

    expect(bodyOf(await client.hereNow("ch"))).toMatchObject({ uuids: ["u1"] });
    expect(await detailed(client)).toMatchObject({ revision: 2, uuids: [{ uuid: "u1" }, { uuid: "u2" }] });
  });

  test("the page's revision and the next event's fit together", async () => {
    const client = await open();
    await client.heartbeat("u1", "ch");
    const observer = await observePresence(client, "ch");
    const { epoch, revision } = await detailed(client);

    await client.heartbeat("u2", "ch");
    await client.heartbeat("u2", "ch");
    await client.leave("u1", "ch");

    const events = (await observer.collect()).map((item) => item.d);
    expect(events).toMatchObject([
      { action: "join", epoch, revision: revision + 1 },
      { action: "leave", epoch, revision: revision + 2 },
    ]);
    expect(await detailed(client)).toMatchObject({ epoch, revision: revision + 2 });
  });

  test("a walk through the pages meets whoever stays exactly once, whoever comes and goes meanwhile", async () => {
    const client = await open();
    const stays = Array.from({ length: 25 }, (_, number) => `stays-${number}`);
    const goes = Array.from({ length: 25 }, (_, number) => `goes-${number}`);
    for (let number = 0; number < 25; number += 1) {
      await client.heartbeat(`stays-${number}`, "ch");
      await client.heartbeat(`goes-${number}`, "ch");
    }

    const met: string[] = [];
    let page = await detailed(client, { limit: 4 });
    for (let pages = 0; ; pages += 1) {
      met.push(...page.uuids.map((occupant) => occupant.uuid));
      if (page.next === undefined) break;
      expect(pages, "pages").toBeLessThan(40);
      await client.leave(goes[pages * 3] ?? "nobody", "ch");
      await client.leave(goes[24 - pages] ?? "nobody", "ch");
      await client.heartbeat(`comes-${pages}`, "ch");
      page = await detailed(client, { limit: 4, next: page.next });
    }

    expect(met.filter((user) => user.startsWith("stays-")).sort()).toEqual([...stays].sort());
    expect(new Set(met).size).toBe(met.length);
  });

  test("a place of another epoch, or none, is refused or means the beginning", async () => {
    const client = await open();
    for (const user of ["u1", "u2", "u3"]) await client.heartbeat(user, "ch");
    const { next = "" } = await detailed(client, { limit: 2 });

    const elsewhere = await detailed(client, { limit: 2, next: `${next}x` });
    const nonsense = await client.hereNow("ch", { query: { details: 1, limit: 2, next: "%%%" } });

    expect(elsewhere.uuids.map((occupant) => occupant.uuid)).toEqual(["u1", "u2"]);
    if (nonsense.status !== 200) bodyOf(nonsense, 400);
    else expect(nonsense.json).toMatchObject({ occupancy: 3 });
  });
});
