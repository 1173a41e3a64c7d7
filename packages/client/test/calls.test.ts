import { expect, test } from "vitest";
import type { Client, ClientOptions } from "../src/index.ts";
import { type InMemory, openInMemory } from "./support/in-memory.ts";

/** A world where alice sits in `a` and `b` with a state in `a`, and bob in `b`. */
async function openPeopled(): Promise<InMemory & { readonly carol: Client }> {
  const world = await openInMemory();
  world.client("alice").subscribe({ channels: ["a", "b"] });
  await world.advance();
  world.client("bob").subscribe({ channels: "b" });
  await world.advance();
  const carol = world.client("carol");
  const alice = world.client("alice");
  await alice.setState({ channels: "a", state: { mood: "fine", tags: ["x", { deep: null }] } });
  world.sent.length = 0;
  return Object.assign(world, { carol });
}

/** A client whose every request is answered so. */
async function answered(body: string, status = 200): Promise<InMemory & { readonly client: Client }> {
  const world = await openInMemory();
  world.network = () => ({ answer: { status, body } });
  return Object.assign(world, { client: world.client("alice", { retry: { callRetries: 0 } }) });
}

test("here now of one channel, of several and of all has one shape", async () => {
  await using world = await openPeopled();
  const a = { channelName: "a", occupancy: 1, occupants: [{ userId: "alice", state: undefined }] };
  const users = ["alice", "bob"].map((userId) => ({ userId, state: undefined }));
  const b = { channelName: "b", occupancy: 2, occupants: users };
  const nobody = { channelName: "nobody", occupancy: 0, occupants: [] };
  const { carol } = world;
  expect(await carol.hereNow({ channels: "b" })).toEqual({
    totalChannels: 1,
    totalOccupancy: 2,
    channels: { b },
  });
  expect(await carol.hereNow({ channels: ["a", "b", "nobody"] })).toEqual({
    totalChannels: 2,
    totalOccupancy: 3,
    channels: { a, b, nobody },
  });
  expect(await carol.hereNow()).toEqual({ totalChannels: 2, totalOccupancy: 3, channels: { a, b } });
  expect(await carol.hereNow({ channels: "nobody" })).toEqual({
    totalChannels: 0,
    totalOccupancy: 0,
    channels: { nobody },
  });
  expect(world.sent.map(({ path }) => path)).toEqual([
    "/v2/presence/sub-key/sub-test/channel/b",
    "/v2/presence/sub-key/sub-test/channel/a,b,nobody",
    "/v2/presence/sub-key/sub-test",
    "/v2/presence/sub-key/sub-test/channel/nobody",
  ]);
});

test("here now tells states where it is asked to", async () => {
  await using world = await openPeopled();
  const alice = { userId: "alice", state: { mood: "fine", tags: ["x", { deep: null }] } };
  expect((await world.carol.hereNow({ channels: "a", includeState: true })).channels.a?.occupants).toEqual([
    alice,
  ]);
  expect((await world.carol.hereNow({ channels: ["a", "b"], includeState: true })).channels).toMatchObject({
    a: { occupants: [alice] },
    b: {
      occupants: [
        { userId: "alice", state: undefined },
        { userId: "bob", state: undefined },
      ],
    },
  });
});

test("here now counts without listing", async () => {
  await using world = await openPeopled();
  const counted = {
    totalChannels: 1,
    totalOccupancy: 2,
    channels: { b: { channelName: "b", occupancy: 2, occupants: [] } },
  };
  expect(await world.carol.hereNow({ channels: "b", includeUserIds: false })).toEqual(counted);
  expect(await world.carol.hereNow({ channels: "b", limit: 0 })).toEqual(counted);
  expect(await world.carol.hereNow({ channels: ["b", "c"], includeUserIds: false })).toMatchObject({
    totalOccupancy: 2,
    channels: { b: { occupancy: 2, occupants: [] }, c: { occupancy: 0, occupants: [] } },
  });
});

test("here now of a group tells its channels", async () => {
  await using world = await openPeopled();
  const { carol } = world;
  await carol.channelGroups.addChannels({ channelGroup: "g", channels: ["b", "empty"] });
  expect(await carol.hereNow({ channelGroups: "g", channels: "a" })).toMatchObject({
    totalChannels: 2,
    totalOccupancy: 3,
    channels: { a: { occupancy: 1 }, b: { occupancy: 2 } },
  });
});

test("here now by limit and offset", async () => {
  await using world = await openPeopled();
  const now = await world.carol.hereNow({ channels: "b", limit: 1, offset: 1 });
  expect(now.channels.b).toEqual({
    channelName: "b",
    occupancy: 2,
    occupants: [{ userId: "bob", state: undefined }],
  });
});

test("the channels of an answer are an object without a prototype", async () => {
  await using world = await openPeopled();
  const { channels } = await world.carol.hereNow({ channels: "b" });
  expect([channels.toString, channels.constructor, Object.getPrototypeOf(channels)]).toEqual([
    undefined,
    undefined,
    null,
  ]);
});

test.each([
  [{ channels: [] }, "channels and channelGroups name nothing."],
  [{ channels: "a", limit: -1 }, "limit is -1, and has to be a whole number from 0 to 1000."],
  [{ channels: "a", limit: 1001 }, "limit is 1001, and has to be a whole number from 0 to 1000."],
  [{ channels: "a", offset: 0.5 }, "offset is 0.5, and has to be a whole number from 0 to 9007199254740991."],
])("here now with %j is refused with a sentence", async (options, message) => {
  await using world = await openPeopled();
  await expect(world.carol.hereNow(options)).rejects.toMatchObject({ code: "invalid-argument", message });
  expect(world.sent).toEqual([]);
});

test("pages walk a channel: who stays is in exactly one, while others come and go", async () => {
  await using world = await openInMemory();
  const users = Array.from({ length: 7 }, (_, index) => `user-${index}`);
  const seats = [];
  for (const user of users) {
    seats.push(world.client(user).subscribe({ channels: "big" }));
    await world.advance(1);
  }
  const walker = world.client("walker");
  const pages: string[][] = [];
  for await (const page of walker.hereNow.pages({ channel: "big", limit: 3 })) {
    expect(page.channelName).toBe("big");
    pages.push(page.occupants.map(({ userId }) => userId));
    if (pages.length === 1) {
      // By offsets, user-3 would slip back into the first page.
      void seats[0]?.close();
      await world.advance(1);
    }
  }
  expect(pages).toEqual([["user-0", "user-1", "user-2"], ["user-3", "user-4", "user-5"], ["user-6"]]);
});

test("pages fall back to offsets against a server that knows no other way", async () => {
  await using world = await openInMemory();
  const users = ["a", "b", "c", "d", "e"];
  world.network = ({ target }) => {
    const query = new URLSearchParams(target.split("?")[1]);
    const offset = Number(query.get("offset") ?? 0);
    const uuids = users.slice(offset, offset + Number(query.get("limit")));
    return { answer: { status: 200, body: JSON.stringify({ status: 200, occupancy: users.length, uuids }) } };
  };
  const pages: string[][] = [];
  for await (const page of world.client("walker").hereNow.pages({ channel: "big", limit: 2 })) {
    pages.push(page.occupants.map(({ userId }) => userId));
  }
  expect(pages).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

test("pages end when the channel begins anew between two of them", async () => {
  await using world = await openInMemory();
  const pages = ["one", "two"].map((epoch) => ({
    occupancy: 9,
    uuids: ["x"],
    epoch,
    revision: 1,
    next: "more",
  }));
  world.network = () => ({ answer: { status: 200, body: JSON.stringify(pages.shift()) } });
  const walk = world.client("walker").hereNow.pages({ channel: "big" })[Symbol.asyncIterator]();
  expect(await walk.next()).toMatchObject({ done: false });
  await expect(walk.next()).rejects.toMatchObject({ code: "unavailable" });
});

test("where now is of oneself, or of whom it is asked for", async () => {
  await using world = await openPeopled();
  expect(await world.carol.whereNow()).toEqual({ channels: [] });
  expect(await world.carol.whereNow({ userId: "alice" })).toEqual({ channels: ["a", "b"] });
});

test("states are set as a whole, read back, and undefined where there is none", async () => {
  await using world = await openPeopled();
  const alice = world.client("alice");
  expect(await alice.setState({ channels: ["a", "b"], state: { age: 20 } })).toEqual({ state: { age: 20 } });
  expect(await alice.getState({ channels: ["a", "b", "c"] })).toEqual({
    channels: { a: { age: 20 }, b: { age: 20 }, c: undefined },
  });
  expect(await world.carol.getState({ channels: "a", userId: "alice" })).toEqual({
    channels: { a: { age: 20 } },
  });
  expect(await world.carol.getState({ channels: "a" })).toEqual({ channels: { a: undefined } });
});

test("states of a group are those of its channels", async () => {
  await using world = await openPeopled();
  const alice = world.client("alice");
  await alice.channelGroups.addChannels({ channelGroup: "g", channels: ["a", "b"] });
  await alice.setState({ channelGroups: "g", state: { age: 20 } });
  expect(await alice.getState({ channelGroups: ["g"] })).toEqual({
    channels: { a: { age: 20 }, b: { age: 20 } },
  });
});

test("groups: add, remove, list, delete", async () => {
  await using world = await openInMemory();
  const { channelGroups } = world.client("alice");
  await channelGroups.addChannels({ channelGroup: "g", channels: ["a", "b"] });
  await channelGroups.addChannels({ channelGroup: "h", channels: "c" });
  await channelGroups.removeChannels({ channelGroup: "g", channels: "a" });
  expect(await channelGroups.listChannels({ channelGroup: "g" })).toEqual({ channels: ["b"] });
  expect(await channelGroups.listChannels({ channelGroup: "unknown" })).toEqual({ channels: [] });
  expect(await channelGroups.list()).toEqual({ channelGroups: ["g", "h"] });
  await channelGroups.delete({ channelGroup: "g" });
  await channelGroups.delete({ channelGroup: "unknown" });
  expect(await channelGroups.list()).toEqual({ channelGroups: ["h"] });
  await expect(channelGroups.addChannels({ channelGroup: "a:b", channels: "c" })).rejects.toMatchObject({
    code: "refused",
    status: 400,
    message: expect.stringContaining("a:b"),
  });
});

test("a message that is large is posted, a small one is not", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const got: unknown[] = [];
  alice.subscribe({ channels: "a" }).onMessage(({ message }) => got.push(message));
  await world.advance();
  const large = "ü".repeat(5_000);
  const published = [
    await alice.publish({ channel: "a", message: "x" }),
    await alice.publish({ channel: "a", message: large }),
  ];
  await world.advance();
  expect(published.map(({ timetoken }) => timetoken.length)).toEqual([17, 17]);
  expect(got).toEqual(["x", large]);
  expect(world.sentOf("publish").map(({ path }) => path)).toEqual([
    "/publish/pub-test/sub-test/0/a/0/%22x%22",
    "/publish/pub-test/sub-test/0/a/0",
  ]);
});

test("publishing and signalling need a publish key", async () => {
  const world = await openInMemory();
  const { publishKey: _, ...keyless } = {
    publishKey: "",
    transport: world.transport,
  } satisfies Partial<ClientOptions>;
  const { createClient } = await import("../src/index.ts");
  const client = createClient({
    origin: "http://memory.test",
    subscribeKey: "sub-test",
    userId: "alice",
    ...keyless,
  });
  await expect(client.publish({ channel: "a", message: 1 })).rejects.toMatchObject({
    code: "invalid-argument",
    message: "publish needs the option publishKey.",
  });
  await expect(client.signal({ channel: "a", message: 1 })).rejects.toMatchObject({
    code: "invalid-argument",
  });
  await world[Symbol.asyncDispose]();
});

test("a message that is not JSON is refused before it is sent", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  await expect(alice.publish({ channel: "a", message: { at: [1, undefined] } })).rejects.toMatchObject({
    code: "invalid-argument",
    message: "message.at[1]: undefined is not JSON.",
  });
  await expect(
    alice.publish({ channel: "a", message: 1, meta: { when: new Date(0) as never } }),
  ).rejects.toMatchObject({
    message: "meta.when: Date is not JSON.",
  });
  expect(world.sent).toEqual([]);
});

test("what the server refuses says so in the server's words", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  await expect(alice.signal({ channel: "a", message: "x".repeat(100) })).rejects.toMatchObject({
    name: "PresenceError",
    code: "refused",
    status: 400,
    message: "The server answered 400 Signal size too large",
  });
});

test("a request too long for any server is refused before it is sent", async () => {
  await using world = await openInMemory();
  const channels = Array.from({ length: 500 }, (_, index) => `${index}`.padStart(80, "x"));
  await expect(world.client("alice").hereNow({ channels })).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringMatching(/^The request has \d+ characters, and may have 32768\.$/),
  });
  expect(world.sent).toEqual([]);
});

test("time is the service's, digit for digit", async () => {
  await using world = await openInMemory();
  expect(await world.client("alice").time()).toEqual({ timetoken: expect.stringMatching(/^\d{17}$/) });
  await using odd = await answered("[17694521380000001]");
  expect(await odd.client.time()).toEqual({ timetoken: "17694521380000001" });
});

test("every request says who asks, on which device, by which SDK, with which token", async () => {
  await using world = await openInMemory();
  await world.client("al ice", { deviceId: "tab+1", token: "se/cret" }).time();
  expect(world.sent[0]?.target).toMatch(
    /^\/time\/0\?uuid=al%20ice&instanceid=tab%2B1&pnsdk=hereabouts-ts%2F\d+\.\d+\.\d+&auth=se%2Fcret$/,
  );
});

const everyCall: readonly (readonly [string, (client: Client, signal: AbortSignal) => Promise<unknown>])[] = [
  ["hereNow", (client, signal) => client.hereNow({ channels: "a", signal })],
  ["hereNow of several", (client, signal) => client.hereNow({ channels: ["a", "b"], signal })],
  [
    "hereNow.pages",
    (client, signal) => client.hereNow.pages({ channel: "a", signal })[Symbol.asyncIterator]().next(),
  ],
  ["whereNow", (client, signal) => client.whereNow({ signal })],
  ["setState", (client, signal) => client.setState({ channels: "a", state: { x: 1 }, signal })],
  ["getState", (client, signal) => client.getState({ channels: "a", signal })],
  ["getState of several", (client, signal) => client.getState({ channels: ["a", "b"], signal })],
  [
    "addChannels",
    (client, signal) => client.channelGroups.addChannels({ channelGroup: "g", channels: "a", signal }),
  ],
  [
    "removeChannels",
    (client, signal) => client.channelGroups.removeChannels({ channelGroup: "g", channels: "a", signal }),
  ],
  ["listChannels", (client, signal) => client.channelGroups.listChannels({ channelGroup: "g", signal })],
  ["list", (client, signal) => client.channelGroups.list({ signal })],
  ["delete", (client, signal) => client.channelGroups.delete({ channelGroup: "g", signal })],
  ["publish", (client, signal) => client.publish({ channel: "a", message: 1, signal })],
  ["signal", (client, signal) => client.signal({ channel: "a", message: 1, signal })],
  ["time", (client, signal) => client.time({ signal })],
];

const onceOnly: readonly string[] = ["publish", "signal"];

test.each(everyCall)(
  "%s is given up by its signal, before and while it is under way",
  async (_name, call) => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    world.network = () => ({ lost: "silent" });
    const reason = new Error("Not needed any more.");
    await expect(call(alice, AbortSignal.abort(reason))).rejects.toMatchObject({
      code: "aborted",
      cause: reason,
    });
    expect(world.sent).toEqual([]);
    const controller = new AbortController();
    const refused = expect(call(alice, controller.signal)).rejects.toMatchObject({
      code: "aborted",
      cause: reason,
    });
    await world.advance(1);
    controller.abort(reason);
    await refused;
    expect(world.sent).toHaveLength(1);
  },
);

test.each(everyCall)("%s understands no answer but the protocol's", async (name, call) => {
  const bodies = [
    "",
    "<html>",
    "null",
    "[]",
    '"OK"',
    "{}",
    '{"payload":[]}',
    '{"payload":7}',
    '{"occupancy":"2"}',
  ];
  // A state may have any members.
  if (!/^[sg]etState$/.test(name)) bodies.push('{"payload":{"channels":7}}');
  for (const body of bodies) {
    await using world = await answered(body);
    await expect(call(world.client, new AbortController().signal)).rejects.toMatchObject({
      code: "malformed-reply",
    });
  }
});

test.each(everyCall)("%s says what kind of trouble there is", async (_name, call) => {
  const { signal } = new AbortController();
  const expected = {
    400: "refused",
    401: "denied",
    403: "denied",
    404: "refused",
    413: "refused",
    429: "unavailable",
    500: "unavailable",
    503: "unavailable",
  };
  for (const [status, code] of Object.entries(expected)) {
    await using world = await answered("{}", Number(status));
    await expect(call(world.client, signal)).rejects.toMatchObject({ code, status: Number(status) });
  }
});

test.each(everyCall)("%s is tried again where that may help and does no harm", async (name, call) => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  let tries = 0;
  world.network = () => {
    tries += 1;
    return tries < 3 ? { lost: "told" } : {};
  };
  const done = call(alice, new AbortController().signal).then(
    () => "answered",
    (error) => error.code,
  );
  await world.advance(10_000);
  expect([await done, tries]).toEqual(onceOnly.includes(name) ? ["network", 1] : ["answered", 3]);
});

test("a call gives up after its retries, and says what it met last", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { retry: { callRetries: 1 } });
  world.network = () => ({
    answer: { status: 503, body: '{"message":"Service Unavailable"}', retryAfterSeconds: 7 },
  });
  const refused = expect(alice.time()).rejects.toMatchObject({
    code: "unavailable",
    status: 503,
    retryAfterSeconds: 7,
    message: "The server answered 503 Service Unavailable",
  });
  await world.advance(8_000);
  await refused;
  expect(world.sent.map(({ at }) => at - (world.sent[0]?.at ?? 0) >= 7_000)).toEqual([false, true]);
});

test("a call that nobody answers is given up", async () => {
  await using world = await openInMemory();
  world.network = () => ({ lost: "silent" });
  const refused = expect(world.client("alice", { retry: { callRetries: 0 } }).time()).rejects.toMatchObject({
    code: "timeout",
    message: "No answer in 15000 ms.",
  });
  await world.advance(15_000);
  await refused;
});

test("what a transport throws is the cause of a network error", async () => {
  await using world = await openInMemory();
  const cause = new TypeError("fetch failed");
  const broken = world.client("alice", {
    retry: { callRetries: 0 },
    transport: () => {
      throw cause;
    },
  });
  await expect(broken.time()).rejects.toMatchObject({ code: "network", cause, message: "fetch failed" });
});
