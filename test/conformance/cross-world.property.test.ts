/** Property: the same requests are answered the same way in memory, on Bun and on Node. */
import {
  createSeededRandom,
  endWorlds,
  openWorld,
  type Reply,
  type SeededRandom,
  type World,
  worldKinds,
} from "@hereabouts/testkit";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

/** One step of a run: time passes, or a request is sent and, when it is held, its hold time passes. */
type Step =
  | { readonly advanceMs: number }
  | { readonly method: string; readonly target: string; readonly body?: string };

const users = ["u1", "u2", "u3", ".*|@", "ü b"];
const channels = ["a", "b", "x.y", "x.*", "a-pnpres", "ö/ä", "%41", "+", "~!*'()"];
const groups = ["g", "h"];
const payloads = [
  "1",
  '"hey"',
  '{"a":[1,2.50,{"b":null}]}',
  "{bad",
  JSON.stringify("x".repeat(80)),
  '"\\u00fc\\n"',
];
const states = [
  '{"a":1}',
  "{}",
  "null",
  "[1]",
  "{bad",
  '{"a":{"k":"v"}}',
  '{"g":{"z":1}}',
  '{"n":12345678901234567890}',
];
const filters = ["k == 'v'", "((", "pn_action == 'join'", "data.a contains 1"];
const oddities = [
  "/",
  "//",
  "/time/0",
  "/time/0/",
  "/TIME/0",
  "/v2/presence/nope",
  "/v2/presence/sub-key/sub-test/channel/a/heartbeat/?uuid=u1",
  "/v2/presence/sub-key/sub-test/channel//heartbeat?uuid=u1",
  "/v2/presence/sub-key/sub-test/channel/a,,b,?state=1",
  "/v2/presence/sub-key/sub-test/channel/a%2Cb",
  "/v2/presence/sub-key/sub-test/channel/%zz",
  "/v2/presence/sub-key/sub-test/channel/%ff",
  "/v2/presence/sub-key/sub-test/channel/%00",
  "/v2/presence/sub-key/sub-test/channel/a?limit=1&limit=2&offset=&=x&&disable_uuids",
  "/v2/presence/sub-key/sub-test/channel/a?uuid=%E0%A4%A",
  "/v2/presence/sub%2Dkey/sub-test/channel/a",
  "/v2/presence/sub-key/unknown/channel/a",
  "/v2/presence/sub-key/sub-test/uuid/",
  "/v2/subscribe/sub-test/a/0?tt=x&uuid=u1",
  "/v2/subscribe/sub-test/a/cb?tt=0&uuid=u1",
  "/v2/subscribe/sub-test/a/0?tt=99999999999999999999999&uuid=u1",
  `/v2/presence/sub-key/sub-test/channel/${"x".repeat(93)}?uuid=u1`,
  `/time/0?${"x".repeat(33_000)}`,
];
const methods = ["GET", "GET", "GET", "GET", "POST", "DELETE", "PUT", "OPTIONS", "PATCH"];
const pollHoldSeconds = 2;

afterAll(endWorlds);

test("the same sequence of requests is answered the same way in every world", {
  timeout: 120_000,
}, async () => {
  const statuses = new Set<unknown>();
  const property = fc.asyncProperty(fc.integer(), async (seed) => {
    const random = createSeededRandom(seed);
    const worlds = await Promise.all(worldKinds.map((kind) => openWorld(kind, { pollHoldSeconds })));
    try {
      const trace: Step[] = [];
      for (let count = 0; count < 60; count += 1) {
        const step = nextStep(random, worlds[0]?.now() ?? 0);
        trace.push(step);
        const [expected, ...others] = await Promise.all(worlds.map((world) => take(world, step)));
        for (const other of others) expect(other, JSON.stringify(trace.slice(-3))).toEqual(expected);
        if (expected !== undefined && "status" in expected) statuses.add(expected.status);
      }
    } finally {
      for (const world of worlds) await world.close();
    }
  });
  await fc.assert(property, { numRuns: 30, seed: 7 });
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404, 414]));
});

test.each(oddities)("%s is answered the same way in every world", async (target) => {
  const worlds = await Promise.all(worldKinds.map((kind) => openWorld(kind, { pollHoldSeconds })));
  try {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
      const step = method === "POST" ? { method, target, body: "1" } : { method, target };
      const [expected, ...others] = await Promise.all(worlds.map((world) => take(world, step)));
      for (const other of others) expect(other, method).toEqual(expected);
      expect(expected).toMatchObject({ status: expect.any(Number) });
    }
  } finally {
    for (const world of worlds) await world.close();
  }
});

/** What is compared of an answer: all but what time and transport give it. */
async function take(world: World, step: Step): Promise<object> {
  if ("advanceMs" in step) {
    await world.advance(step.advanceMs);
    return { waiters: await world.waiters() };
  }
  const { method, target, body } = step;
  const poll = await world.poll(target, body === undefined ? { method } : { method, body });
  await world.advance(0);
  const isHeld = !poll.isSettled() && (await world.waiters()) > 0;
  if (isHeld) await world.advance(pollHoldSeconds * 1_000);
  return { isHeld, ...comparable(await poll.reply) };
}

function comparable({ status, headers, text }: Reply): object {
  const compared = [
    "content-type",
    "access-control-allow-origin",
    "cache-control",
    "access-control-allow-methods",
  ];
  return {
    status,
    headers: compared.map((name) => headers[name]),
    text: text.replace(/\d{17}/g, "T"),
  };
}

function nextStep(random: SeededRandom, now: number): Step {
  const kind = random.below(12);
  if (kind === 0) return { advanceMs: random.below(3_000) };
  if (kind === 1) return { method: random.pick(methods), target: random.pick(oddities), ...someBody(random) };
  if (kind === 2) {
    const target = `/publish/pub-test/sub-test/0/${some(random, channels)}/0?uuid=${some(random, users)}`;
    return { method: "POST", target, body: random.pick(payloads) };
  }
  return { method: "GET", target: someTarget(random, now) };
}

function someBody(random: SeededRandom): { readonly body?: string } {
  return random.below(4) === 0 ? { body: random.pick(payloads) } : {};
}

function someTarget(random: SeededRandom, now: number): string {
  const user = some(random, users);
  const presence = `/v2/presence/sub-key/sub-test`;
  const list = someChannels(random);
  const query = someQuery(random, user);
  const registry = "/v1/channel-registration/sub-key/sub-test/channel-group";
  switch (random.below(12)) {
    case 0:
      return `/v2/subscribe/sub-test/${list}/0${query}&tt=0`;
    case 1:
      return `/v2/subscribe/sub-test/${list}/0${query}&tt=${(now - random.below(10_000)) * 10_000}`;
    case 2:
    case 3:
      return `${presence}/channel/${list}/heartbeat${query}`;
    case 4:
      return `${presence}/channel/${list}/leave${query}`;
    case 5:
      return `${presence}/channel/${list}${query}`;
    case 6:
      return random.below(2) === 0 ? `${presence}/uuid/${user}` : `${presence}${query}`;
    case 7:
      return `${presence}/channel/${list}/uuid/${user}/data${query}`;
    case 8:
      return `${presence}/channel/${list}/uuid/${user}${query}`;
    case 9:
      return `${registry}/${some(random, groups)}?${random.pick(["add", "remove"])}=${list}`;
    case 10:
      return `${registry}${random.pick(["", "/g", "/h", "/g/remove"])}`;
    default:
      return `/${random.pick(["publish", "signal"])}/pub-test/sub-test/0/${some(random, channels)}/0/${some(random, payloads)}${query}`;
  }
}

function someChannels(random: SeededRandom): string {
  const count = random.below(4);
  return count === 0 ? "," : Array.from({ length: count }, () => some(random, channels)).join(",");
}

function someQuery(random: SeededRandom, user: string): string {
  const parts = [`uuid=${user}`];
  const maybe = (name: string, values: readonly string[], odds: number): void => {
    if (random.below(odds) === 0) parts.push(`${name}=${some(random, values)}`);
  };
  maybe("heartbeat", ["1", "2", "30", "", "x"], 2);
  maybe("channel-group", ["g", "g,h", "g-pnpres", "unknown"], 3);
  maybe("state", states, 3);
  maybe("filter-expr", filters, 6);
  maybe("limit", ["0", "1", "2", "5000", "x"], 4);
  maybe("offset", ["0", "1", "x"], 6);
  maybe("disable_uuids", ["1", "0"], 5);
  maybe("instanceid", ["d1", "d2"], 4);
  maybe("details", ["1", "true", "0"], 5);
  maybe("next", ["", "x", "2k.a.b"], 8);
  maybe("meta", ['{"k":"v"}', "{bad"], 5);
  return `?${parts.join("&")}`;
}

function some(random: SeededRandom, values: readonly string[]): string {
  return encodeURIComponent(random.pick(values));
}
