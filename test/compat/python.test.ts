/** The Python client, its asyncio and its threads edition, against the server: questions, events, messages, faults. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompatServer, compatTargets, crowdOn, startCompatServer } from "./support/compat-server.ts";
import { describePython, type Observation, observationsOf } from "./support/python.ts";

const digits17: unknown = expect.stringMatching(/^\d{17}$/);
const integer: unknown = expect.toSatisfy((value: unknown) => Number.isInteger(value));

/** A presence event as the client's listener shows it. */
function presence(event: string, uuid: string, rest: Readonly<Record<string, unknown>>): Observation {
  const common = { subscription: null, state: null, timestamp: integer, timetoken: digits17 };
  return { name: "presence", value: { event, uuid, ...common, ...rest } };
}

/** An answer with its channels by name: their order carries no meaning. */
function withSortedChannels(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("channels" in value)) return value;
  if (!Array.isArray(value.channels)) return value;
  const nameOf = (channel: { readonly channel_name?: unknown }): string => String(channel.channel_name);
  return { ...value, channels: value.channels.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) };
}

function onlyValue(observations: readonly Observation[], name: string): unknown {
  const found = observations.filter((one) => one.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]?.value;
}

function timetokensOf(observations: readonly Observation[], name: string): readonly unknown[] {
  return observations.flatMap((one) => {
    const { value } = one;
    const isOne = one.name === name && typeof value === "object" && value !== null && "timetoken" in value;
    return isOne ? [value.timetoken] : [];
  });
}

describePython("pubnub 7.2.0 for Python", () => {
  describe.each(compatTargets)("against the server on %s", { concurrent: true }, (target) => {
    let server: CompatServer;
    beforeAll(async () => {
      server = await startCompatServer(target);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    // The longest first, so that the others run beside it.
    test.each([
      { keyset: "explicit", least: 7.5, most: 10 },
      { keyset: "common", least: 13, most: 17 },
    ] as const)(
      "[S-116] a user whose threads stop heartbeating times out though its poll is open ($keyset)",
      async (how) => {
        const seen = await observationsOf("threads_heartbeat.py", {
          server,
          keyset: how.keyset,
          arguments: [how.keyset],
        });

        const channel = `python-threads-${how.keyset}`;
        const silence = onlyValue(seen, "silence");
        expect(seen.filter(({ name }) => name !== "silence")).toEqual([
          presence("join", "watcher", { channel, occupancy: 1 }),
          {
            name: "heartbeat loop",
            value: "'NativePeriodicCallback' object has no attribute '_timer'",
          },
          presence("join", "messenger", { channel, occupancy: 2 }),
          presence("timeout", "messenger", { channel, occupancy: 1, state: {} }),
          {
            name: "here now",
            value: {
              total_channels: 1,
              total_occupancy: 1,
              channels: [
                { channel_name: channel, occupancy: 1, occupants: [{ uuid: "watcher", state: null }] },
              ],
            },
          },
        ]);
        expect(silence).toBeGreaterThan(how.least);
        expect(silence).toBeLessThan(how.most);
      },
    );

    test("[S-110] in the default configuration who unsubscribes leaves, and who does so in silence times out", async () => {
      const seen = await observationsOf("default_configuration.py", { server, keyset: "brief" });

      const channel = "python-default";
      const silence = onlyValue(seen, "silence");
      expect(seen.filter(({ name }) => name === "presence")).toEqual([
        presence("join", "watcher", { channel, occupancy: 1 }),
        presence("join", "leaver", { channel, occupancy: 2 }),
        presence("leave", "leaver", { channel, occupancy: 1 }),
        presence("join", "silent", { channel, occupancy: 2 }),
        presence("timeout", "silent", { channel, occupancy: 1, state: {} }),
        presence("state-change", "watcher", { channel, occupancy: 1, state: { over: true } }),
      ]);
      expect(silence).toBeGreaterThan(2);
      expect(silence).toBeLessThan(4.5);
    });

    test("[S-111] a client that heartbeats sees itself join, and another one join and leave", async () => {
      const seen = await observationsOf("join_leave.py", {
        server,
        keyset: "common",
        arguments: ["channel"],
      });

      const channel = "python-join-leave-by-channel";
      expect(seen).toEqual([
        presence("join", "watcher", { channel, occupancy: 1 }),
        presence("join", "messenger", { channel, occupancy: 2 }),
        presence("leave", "messenger", { channel, occupancy: 1 }),
        presence("state-change", "watcher", { channel, occupancy: 1, state: { over: true } }),
      ]);
    });

    test("[S-112] it sees the same through a group, and is told which group", async () => {
      const seen = await observationsOf("join_leave.py", {
        server,
        keyset: "common",
        arguments: ["group"],
      });

      const channel = "python-join-leave-by-group";
      const subscription = "python-join-leave-by-group-group";
      expect(seen).toEqual([
        { name: "added", value: true },
        presence("join", "watcher", { channel, subscription, occupancy: 1 }),
        presence("join", "messenger", { channel, subscription, occupancy: 2 }),
        presence("leave", "messenger", { channel, subscription, occupancy: 1 }),
        presence("state-change", "watcher", { channel, subscription, occupancy: 1, state: { over: true } }),
      ]);
    });

    test("state changes are told, and the last state once more when its user leaves or times out", async () => {
      const seen = await observationsOf("state_events.py", { server, keyset: "common" });

      const channel = "python-state-events";
      const first = { age: 20, mood: { is: "good", since: [1, 2.5, null] } };
      const second = { name: "Łukasz + Zoë" };
      expect(seen).toEqual([
        presence("join", "watcher", { channel, occupancy: 1 }),
        presence("join", "mover", { channel, occupancy: 2 }),
        { name: "set", value: first },
        presence("state-change", "mover", { channel, occupancy: 2, state: first }),
        { name: "set", value: second },
        presence("state-change", "mover", { channel, occupancy: 2, state: second }),
        presence("leave", "mover", { channel, occupancy: 1, state: second }),
        presence("join", "faller", { channel, occupancy: 2 }),
        presence("state-change", "faller", { channel, occupancy: 2, state: { last: "words" } }),
        presence("timeout", "faller", { channel, occupancy: 1, state: { last: "words" } }),
        presence("state-change", "watcher", { channel, occupancy: 1, state: { over: true } }),
      ]);
    });

    test("[S-115] every question about presence is answered in the shape the client reads", async () => {
      const seen = await observationsOf("who_is_where.py", { server, keyset: "pythonWorld" });

      const alone = (name: string, occupants: unknown): unknown => ({
        total_channels: 1,
        total_occupancy: Array.isArray(occupants) ? occupants.length : 2,
        channels: [
          {
            channel_name: name,
            occupancy: Array.isArray(occupants) ? occupants.length : 2,
            occupants: occupants ?? [],
          },
        ],
      });
      const alice = { uuid: "alice", state: null };
      const bob = { uuid: "bob", state: null };
      const carol = { uuid: "carol", state: null };
      const aliceWithState = { uuid: "alice", state: { count: 5 } };
      const places = (channels: Readonly<Record<string, readonly unknown[]>>): unknown => ({
        total_channels: Object.keys(channels).length,
        total_occupancy: Object.values(channels).flat().length,
        channels: Object.entries(channels).map(([channel_name, occupants]) => ({
          channel_name,
          occupancy: occupants.length,
          occupants,
        })),
      });

      expect(new Map(seen.map(({ name, value }) => [name, withSortedChannels(value)]))).toEqual(
        new Map<string, unknown>([
          ["single", alone("ch1", [alice])],
          ["single with state", alone("ch2", [aliceWithState, bob])],
          ["single without users", alone("ch2", undefined)],
          ["single, empty", alone("ch-empty", [])],
          ["several", places({ ch1: [alice], ch2: [alice, bob] })],
          ["several with state", places({ ch1: [aliceWithState], ch2: [aliceWithState, bob] })],
          ["several, empty", places({})],
          ["group", places({ ch2: [alice, bob], ch3: [carol] })],
          ["group and channel", places({ ch1: [alice], ch2: [alice, bob], ch3: [carol] })],
          [
            "group without users",
            {
              total_channels: 2,
              total_occupancy: 3,
              channels: [
                { channel_name: "ch2", occupancy: 2, occupants: null },
                { channel_name: "ch3", occupancy: 1, occupants: null },
              ],
            },
          ],
          ["group, empty", places({})],
          ["all", places({ ch1: [alice], ch2: [alice, bob], ch3: [carol] })],
          ["all with state", places({ ch1: [aliceWithState], ch2: [aliceWithState, bob], ch3: [carol] })],
          ["where is alice", ["ch1", "ch2"]],
          ["where is bob", ["ch2"]],
          ["where is carol", ["ch3"]],
          ["where is nobody", []],
          ["state of one channel", { ch1: { count: 5 } }],
          ["state of several channels", { ch1: { count: 5 }, ch2: { count: 5 }, ch3: {} }],
          ["state of a group", { ch2: { count: 5 }, ch3: {} }],
          ["state of bob", { ch2: {} }],
          ["set by channel and group", { by: "group" }],
          [
            "state set by channel and group",
            { ch1: { by: "group" }, ch2: { by: "group" }, ch3: { by: "group" } },
          ],
        ]),
      );
    });

    test("[W-060] an answer without users because of limit=0 still tells the occupancy", async () => {
      const crowd = crowdOn(server, "common");
      for (const user of ["u1", "u2", "u3"]) await crowd.seat(user, ["python-empty-page"], 120);

      const seen = await observationsOf("empty_page.py", { server, keyset: "common" });

      const page = { channel_name: "python-empty-page", occupancy: 3, occupants: [] };
      const value = { total_channels: 1, total_occupancy: 3, channels: [page] };
      expect(seen).toEqual([
        { name: "single", value },
        { name: "several", value },
      ]);
    });

    test("a group is filled, listed, thinned out and dropped", async () => {
      const seen = await observationsOf("channel_groups.py", { server, keyset: "common" });

      expect(seen).toEqual([
        { name: "unknown", value: [] },
        { name: "answer to add", value: "Channel successfully added" },
        { name: "added", value: ["a", "b", "c-d"] },
        { name: "answer to remove", value: "Channel successfully removed" },
        { name: "removed", value: ["b", "c-d"] },
        {
          name: "wildcard",
          value: {
            is_error: true,
            category: "PNBadRequestCategory",
            status_code: 400,
            body: expect.objectContaining({
              status: 400,
              message: "Reserved character in input parameters.",
              service: "channel-registry",
              error: true,
            }),
          },
        },
        { name: "answer to drop", value: "Group successfully removed" },
        { name: "dropped", value: [] },
      ]);
    });

    test("whatever one client publishes or signals another one hears, unless its filter says no", async () => {
      const seen = await observationsOf("messages.py", { server, keyset: "common" });

      const sent: Readonly<Record<string, unknown>> = { error: false, timetoken: digits17 };
      const heard = (message: unknown): unknown => ({
        channel: "python messages é (1)",
        subscription: null,
        publisher: "writer",
        timetoken: digits17,
        message,
      });
      const delivered = (by: string, message: unknown): readonly unknown[] => [
        { name: "published", value: { ...sent, by } },
        { name: "message", value: heard(message) },
      ];
      expect(seen).toEqual([
        ...delivered("get", { text: "a/b?c#d %25 ☃", n: [1, true, null] }),
        ...delivered("get with meta", "filtered out"),
        ...delivered("get with matching meta", "let through"),
        { name: "filtered", value: heard("let through") },
        ...delivered("post", ["posted"]),
        ...delivered("compressed post", { packed: "x".repeat(200) }),
        { name: "fired", value: sent },
        ...delivered("get after fire", "after the fired one"),
        { name: "signalled", value: sent },
        { name: "signal", value: heard("psst") },
      ]);
      expect(timetokensOf(seen, "message")).toEqual(timetokensOf(seen, "published"));
    });

    test("a refused request is an error of the right category, with the server's reason", async () => {
      const seen = await observationsOf("faults.py", { server, keyset: "common" });

      const refused = (body: unknown): unknown => ({
        is_error: true,
        category: "PNBadRequestCategory",
        status_code: 400,
        body,
      });
      const stranger = refused({
        status: 400,
        error: true,
        message: "Invalid Subscribe Key",
        service: "Access Manager",
      });
      expect(seen).toEqual([
        { name: "here now", value: stranger },
        { name: "where now", value: stranger },
        { name: "set state", value: stranger },
        { name: "publish", value: stranger },
        { name: "subscribe", value: stranger },
        { name: "publish key", value: refused([0, "Invalid Key", digits17]) },
        {
          name: "name too long",
          value: refused({
            status: 400,
            error: 1,
            message: expect.stringMatching(/93 characters, more than 92/),
            service: "Presence",
          }),
        },
        { name: "time", value: digits17 },
      ]);
    });
  });
});
