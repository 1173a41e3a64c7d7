/** The JavaScript client as a subscriber: presence events, messages, filters, wildcards, coming and going. */
import type PubNub from "pubnub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompatServer, compatTargets, crowdOn, startCompatServer } from "./support/compat-server.ts";
import { presence, timetoken } from "./support/expected.ts";
import { type Company, companyOn, type Subscriber } from "./support/subscriber.ts";

const longSeconds = 120;

describe.each(compatTargets)(
  "pubnub 7.3.3 subscribes to the server on %s",
  { concurrent: true },
  (target) => {
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

    /** A subscriber that watches a channel's presence and has heard of itself. */
    async function watching(channel: string): Promise<Subscriber> {
      const watcher = company.open("watcher");
      await watcher.subscribe({ channels: [channel], withPresence: true });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "watcher", occupancy: 1 }),
      );
      return watcher;
    }

    /** Nothing but this change of the watcher's own state may be heard next: what was to come has come. */
    async function expectNoMore(watcher: Subscriber, channel: string, occupancy = 1): Promise<void> {
      const state = { over: true };
      await watcher.client.setState({ channels: [channel], state });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "state-change", channel, uuid: "watcher", occupancy, state }),
      );
    }

    test("[S-113] another client's joins and leaves are heard, with the occupancy as a number", async () => {
      const channel = "js-coming: and going?";
      const watcher = await watching(channel);
      const other = company.open("other");

      await other.subscribe({ channels: [channel], withPresence: true });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "other", occupancy: 2 }),
      );
      other.client.unsubscribe({ channels: [channel] });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "leave", channel, uuid: "other", occupancy: 1 }),
      );

      await expectNoMore(watcher, channel);
    });

    test("a user who falls silent is heard to time out, and a change of state is heard with the state", async () => {
      const channel = "js-silence";
      const watcher = await watching(channel);
      const crowd = crowdOn(server, "common");

      await crowd.seat("brief", [channel], 1);
      await crowd.setState("brief", [channel], { mood: "hasty", list: [1, null] });

      const state = { mood: "hasty", list: [1, null] };
      expect(await watcher.presence.take(3)).toEqual([
        presence({ action: "join", channel, uuid: "brief", occupancy: 2 }),
        presence({ action: "state-change", channel, uuid: "brief", occupancy: 2, state }),
        presence({ action: "timeout", channel, uuid: "brief", occupancy: 1, state }),
      ]);
      await expectNoMore(watcher, channel);
    });

    test("the presence of a group's channels is heard through the group", async () => {
      const channel = "js-group-member";
      const group = "js-group-watched";
      await crowdOn(server, "common").addToGroup(group, [channel]);
      const watcher = company.open("watcher");
      await watcher.subscribe({ channelGroups: [group], withPresence: true });

      await crowdOn(server, "common").seat("guest", [channel], longSeconds);
      await crowdOn(server, "common").leave("guest", [channel]);
      await watcher.client.publish({ channel, message: "to the group" });

      expect(await watcher.presence.take(3)).toEqual([
        presence({ action: "join", channel, subscription: group, uuid: "watcher", occupancy: 1 }),
        presence({ action: "join", channel, subscription: group, uuid: "guest", occupancy: 2 }),
        presence({ action: "leave", channel, subscription: group, uuid: "guest", occupancy: 1 }),
      ]);
      expect(await watcher.messages.next()).toMatchObject({
        channel,
        subscription: group,
        message: "to the group",
        publisher: "watcher",
      });
    });

    test("with presenceTimeout set, handshake and first heartbeat come together and make one join", async () => {
      const channel = "js-together";
      const watcher = await watching(channel);
      const beating = company.open("beating", { presenceTimeout: 20 });

      await beating.subscribe({ channels: [channel], withPresence: true });

      const join = presence({ action: "join", channel, uuid: "beating", occupancy: 2 });
      expect(await watcher.presence.next()).toEqual(join);
      expect(await beating.presence.next()).toEqual(join);
      await expectNoMore(watcher, channel, 2);
    });

    test("a client that suppresses leaves is not heard to leave", async () => {
      const channel = "js-quiet";
      const watcher = await watching(channel);
      const quiet = company.open("quiet", { suppressLeaveEvents: true });
      await quiet.subscribe({ channels: [channel] });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "quiet", occupancy: 2 }),
      );

      quiet.client.unsubscribe({ channels: [channel] });

      await expectNoMore(watcher, channel, 2);
    });

    test("[S-117] disconnect() of this version says nothing; reconnect() misses nothing and joins no second time", async () => {
      const channel = "js-disconnected";
      const watcher = await watching(channel);
      const wanderer = company.open("wanderer");
      await wanderer.subscribe({ channels: [channel] });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "wanderer", occupancy: 2 }),
      );

      wanderer.client.disconnect();
      await watcher.client.publish({ channel, message: "missed?" });
      wanderer.client.reconnect();

      expect(await wanderer.messages.next()).toMatchObject({ message: "missed?" });
      await expectNoMore(watcher, channel, 2);
    });

    test("[S-117] a client that takes its presence back leaves, and joins when it gives it again", async () => {
      const channel = "js-presence-switch";
      const watcher = await watching(channel);
      const wanderer = company.open("wanderer", { presenceTimeout: 60 });
      await wanderer.subscribe({ channels: [channel] });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "wanderer", occupancy: 2 }),
      );

      wanderer.client.presence({ connected: false, channels: [channel] });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "leave", channel, uuid: "wanderer", occupancy: 1 }),
      );
      wanderer.client.presence({ connected: true, channels: [channel] });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "wanderer", occupancy: 2 }),
      );
      await expectNoMore(watcher, channel, 2);
    });

    test("[S-071] [S-072] where a closed connection leaves, changes of the subscription do not, and disconnect() does", async () => {
      const channel = "js-closing";
      const watcher = company.open("watcher", { keyset: "closing" });
      await watcher.subscribe({ channels: [channel], withPresence: true });
      const other = company.open("other", { keyset: "closing" });
      await other.subscribe({ channels: [channel] });

      for (let change = 0; change < 20; change += 1) {
        const channels = [`${channel}-${change % 3}`];
        if (change % 2 === 0) other.client.subscribe({ channels });
        else other.client.unsubscribe({ channels });
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      other.client.disconnect();

      expect(await watcher.presence.take(3)).toEqual([
        presence({ action: "join", channel, uuid: "watcher", occupancy: 1 }),
        presence({ action: "join", channel, uuid: "other", occupancy: 2 }),
        presence({ action: "leave", channel, uuid: "other", occupancy: 1 }),
      ]);
      const whereNow = await watcher.client.whereNow({ uuid: "other" });
      expect(whereNow.channels).toEqual([]);
    });

    test("[S-050] [S-054] of a large channel a listener is told summaries, with who came and went where somebody did", async () => {
      const channel = "js-large";
      const watcher = company.open("watcher", { keyset: "large" });
      const crowd = crowdOn(server, "large");
      await watcher.subscribe({ channels: [channel], withPresence: true });
      expect(await watcher.presence.next()).toEqual(
        presence({ action: "join", channel, uuid: "watcher", occupancy: 1 }),
      );

      await crowd.seat("guest", [channel], longSeconds);
      await crowd.seat("staying", [channel], longSeconds);
      await crowd.seat("brief", [channel], 1);
      await crowd.leave("guest", [channel]);
      await crowd.setState("staying", [channel], { mood: "calm" });
      const heard: PubNub.PresenceEvent[] = [];
      while (!heard.some(({ timeout }) => timeout?.includes("brief")))
        heard.push(await watcher.presence.next());

      const summaries = heard.filter(({ action }) => action === "interval");
      expect(heard.filter((event) => !summaries.includes(event))).toEqual([
        presence({
          ...{ action: "state-change", channel, uuid: "staying", state: { mood: "calm" } },
          occupancy: expect.toBeOneOf([2, 3]) as number,
        }),
      ]);
      expect(summaries.flatMap(({ join = [] }) => join)).toEqual(["guest", "staying", "brief"]);
      expect(summaries.flatMap(({ leave = [] }) => leave)).toEqual(["guest"]);
      expect(summaries.flatMap(({ timeout = [] }) => timeout)).toEqual(["brief"]);
      expect(summaries.at(-1)?.occupancy).toBe(2);
      for (const summary of summaries) {
        const { join, leave, timeout, ...rest } = summary;
        const { occupancy } = summary;
        expect(rest).toEqual(presence({ action: "interval", channel, uuid: undefined, occupancy }));
        expect([join, leave, timeout].filter((list) => list?.length === 0)).toEqual([]);
      }
    });

    test("messages by GET and POST and signals arrive as they were sent; fired ones arrive nowhere", async () => {
      const channel = "js-messages: é/(1)";
      const reader = company.open("reader");
      const { client } = company.open("writer");
      await reader.subscribe({ channels: [channel] });
      const sentences = { text: "a/b?c#d %25 ☃", quoted: "'!()*~", list: [1, null, true] };

      const got = await client.publish({ channel, message: sentences, meta: { kind: "test" } });
      const posted = await client.publish({ channel, message: sentences, sendByPost: true });
      const fired = await client.fire({ channel, message: "fired" });
      const signalled = await client.signal({ channel, message: "psst" });
      const last = await client.publish({ channel, message: "after the fired one" });

      const common = { channel, subscription: undefined, publisher: "writer" };
      const older = { actualChannel: null, subscribedChannel: channel };
      expect(await reader.messages.take(3)).toEqual([
        {
          ...common,
          ...older,
          message: sentences,
          userMetadata: { kind: "test" },
          timetoken: got.timetoken,
        },
        { ...common, ...older, message: sentences, timetoken: posted.timetoken },
        { ...common, ...older, message: "after the fired one", timetoken: last.timetoken },
      ]);
      expect(await reader.signals.next()).toEqual({
        ...common,
        message: "psst",
        timetoken: signalled.timetoken,
      });
      expect([got.timetoken, posted.timetoken, fired.timetoken, signalled.timetoken]).toEqual([
        timetoken,
        timetoken,
        timetoken,
        timetoken,
      ]);
    });

    test("a filter expression lets through what it describes, and nothing else", async () => {
      const channel = "js-filtered";
      const picky = company.open("picky", { filterExpression: "kind == 'b' && size >= 2" });
      const { client } = company.open("writer");
      await picky.subscribe({ channels: [channel] });

      await client.publish({ channel, message: "no metadata" });
      await client.publish({ channel, message: "too small", meta: { kind: "b", size: 1 } });
      await client.publish({ channel, message: "wrong kind", meta: { kind: "a", size: 3 } });
      await client.publish({ channel, message: "right", meta: { kind: "b", size: 2 } });

      expect(await picky.messages.next()).toMatchObject({
        message: "right",
        userMetadata: { kind: "b", size: 2 },
      });
    });

    test("a filter expression that is none makes the subscribe fail in the client's terms", async () => {
      const broken = company.open("broken", { filterExpression: "((" });
      broken.client.subscribe({ channels: ["js-broken-filter"] });

      expect(await broken.statuses.next()).toMatchObject({
        error: true,
        statusCode: 400,
        category: "PNBadRequestCategory",
        operation: "PNSubscribeOperation",
      });
    });

    test("a wildcard subscription hears the messages and the presence of its channels", async () => {
      const wildcard = "js-wild.*";
      const channel = "js-wild.east";
      const reader = company.open("reader");
      const { client } = company.open("writer");
      await reader.subscribe({ channels: [wildcard], withPresence: true });
      expect(await reader.presence.next()).toMatchObject({
        action: "join",
        channel: wildcard,
        uuid: "reader",
        occupancy: 1,
      });

      await crowdOn(server, "common").seat("guest", [channel], longSeconds);
      await client.publish({ channel, message: "eastward" });
      await client.publish({ channel: "js-wilder", message: "elsewhere" });
      await client.publish({ channel: "js-wild.west", message: "westward" });

      expect(await reader.presence.next()).toMatchObject({
        action: "join",
        channel,
        subscription: wildcard,
        uuid: "guest",
        occupancy: 1,
      });
      expect(await reader.messages.take(2)).toMatchObject([
        { channel, subscription: wildcard, message: "eastward" },
        { channel: "js-wild.west", subscription: wildcard, message: "westward" },
      ]);
    });

    test("a channel that is added later is caught up with from the old timetoken", async () => {
      const reader = company.open("reader");
      const { client } = company.open("writer");
      await reader.subscribe({ channels: ["js-first"] });
      await client.publish({ channel: "js-first", message: "first" });
      expect(await reader.messages.next()).toMatchObject({ channel: "js-first", message: "first" });
      await client.publish({ channel: "js-second", message: "before it was added" });

      await reader.subscribe({ channels: ["js-second"] });

      expect(await reader.messages.next()).toMatchObject({
        channel: "js-second",
        message: "before it was added",
      });
    });

    test("the event engine's handshake gives a cursor from which its poll receives what follows", async () => {
      const channel = "js-engine";
      const { client } = company.open("engine");

      const cursor = await client.handshake({ channels: [channel] });
      const sent = await client.publish({ channel, message: { after: "handshake" } });
      const received = await client.receiveMessages({ channels: [channel], ...cursor });

      expect(received).toMatchObject({
        messages: [{ channel, payload: { after: "handshake" } }],
        metadata: { region: cursor.region, timetoken: sent.timetoken },
      });
    });
  },
);
