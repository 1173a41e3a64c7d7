/** What nodes tell each other of closed connections, over the log they share. */
import { type Engine, EngineError, type EventLog } from "@hereabouts/core";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { Channel, DeviceId, JsonText, SubscribeKey, UserId } from "@hereabouts/protocol";
import { TestClock } from "@hereabouts/testkit";
import { expect, onTestFinished, test } from "vitest";
import { DisconnectNotices } from "../src/service/disconnect-notices.ts";

const keyset = "sub" as SubscribeKey;
const reserved = "hereabouts,disconnects" as Channel;

const channels = (text: string): readonly Channel[] => text.split(" ") as Channel[];
const lease = (user: string, device?: string) => ({
  user: user as UserId,
  device: device as DeviceId | undefined,
});

/** Two nodes on one engine: one tells, the other hears. */
async function openTwo(between: (log: EventLog) => EventLog = (log) => log) {
  const clock = new TestClock();
  const engine: Engine = await openEmbeddedEngine({
    path: ":memory:",
    now: clock.now(),
    epoch: "e",
    warn: () => {},
  });
  onTestFinished(() => engine.close(clock.now()));
  const heard: string[] = [];
  const warnings: string[] = [];
  const open = (onNotice: (text: string) => void): DisconnectNotices =>
    new DisconnectNotices({
      eventLog: between(engine.log),
      scheduler: clock,
      log: { error: () => {}, warn: (message) => warnings.push(message), info: () => {}, debug: () => {} },
      onNotice: async (_keyset, { user, device }, names) => {
        onNotice(`${user} ${device ?? "-"} ${names.length > 3 ? names.length : names.join(",")}`);
      },
    });
  const one = open(() => {});
  const other = open((text) => heard.push(text));
  other.follow(keyset);
  await clock.advance(0);
  const logged = async () => (await engine.log.read(keyset, [reserved], 1n, 1_000, clock.now())).entries;
  return { clock, engine, one, other, heard, warnings, logged };
}

test("what one node tells within a moment the other hears, in one publication", async () => {
  const { clock, one, heard, logged } = await openTwo();
  one.tell(keyset, lease("u"), channels("a b"));
  one.tell(keyset, lease("v", "phone"), channels("a"));
  await clock.advance(19);
  expect(heard).toEqual([]);
  await clock.advance(1);
  expect(heard).toEqual(["u - a,b", "v phone a"]);
  one.tell(keyset, lease("u"), channels("c"));
  await clock.advance(20);
  expect(heard.slice(2)).toEqual(["u - c"]);
  expect((await logged()).length).toBe(2);
});

test("very many at once are several publications, and all are heard", async () => {
  const { clock, one, heard, logged } = await openTwo();
  const many = Array.from({ length: 2_500 }, (_, index) => `channel-${index}` as Channel);
  one.tell(keyset, lease("u"), many);
  for (let index = 0; index < 700; index += 1) one.tell(keyset, lease(`v${index}`), channels("a"));
  await clock.advance(20);
  expect(heard.slice(0, 3)).toEqual(["u - 1000", "u - 1000", "u - 500"]);
  expect([heard.length, (await logged()).length]).toEqual([703, 4]);
});

test("a keyset that is not followed any more is not heard of", async () => {
  const { clock, one, other, heard } = await openTwo();
  other.unfollow(keyset);
  one.tell(keyset, lease("u"), channels("a"));
  await clock.advance(1_000);
  expect(heard).toEqual([]);
});

test("what was told before is not heard, and what is told while it is being read is", async () => {
  const { clock, one, other, heard } = await openTwo();
  other.unfollow(keyset);
  one.tell(keyset, lease("before"), channels("a"));
  await clock.advance(20);
  other.follow(keyset);
  other.follow(keyset);
  await clock.advance(0);
  one.tell(keyset, lease("after"), channels("a"));
  await clock.advance(20);
  expect(heard).toEqual(["after - a"]);
});

test("a node that closes tells what is left, and hears and tells nothing more", async () => {
  const { clock, one, other, heard, logged } = await openTwo();
  one.tell(keyset, lease("u"), channels("a"));
  one.close();
  await clock.advance(0);
  expect(heard).toEqual(["u - a"]);
  one.tell(keyset, lease("v"), channels("a"));
  other.close();
  other.follow(keyset);
  await clock.advance(1_000);
  expect([heard.length, (await logged()).length]).toEqual([1, 1]);
});

test("what another version says otherwise is passed over", async () => {
  const { clock, engine, one, heard, warnings } = await openTwo();
  const payloads = ['{"v":2}', "[1]", '[["u",null]]', '[["u",7,["a"]]]', '[["u",null,[7]],["w",null,["a"]]]'];
  const publications = payloads.map((payload) => ({
    ...{ kind: "message" as const, channel: reserved, publisher: undefined, payload: payload as JsonText },
    ...{ meta: undefined, customMessageType: undefined, sequence: 0, origin: undefined },
  }));
  await engine.log.append(keyset, publications, clock.now());
  one.tell(keyset, lease("u"), channels("a"));
  await clock.advance(20);
  expect([heard, warnings]).toEqual([["w - a", "u - a"], []]);
});

test("an engine that is away is warned of, and heard again when it is back", async () => {
  let isAway = false;
  const away = (): Promise<never> =>
    Promise.reject(new EngineError("unavailable", "away", { cause: "test" }));
  const { clock, one, heard, warnings } = await openTwo((log) => ({
    append: (...args) => (isAway ? away() : log.append(...args)),
    read: (...args) => (isAway ? away() : log.read(...args)),
    position: (...args) => log.position(...args),
    watch: (...args) => log.watch(...args),
  }));
  isAway = true;
  one.tell(keyset, lease("u"), channels("a"));
  await clock.advance(20);
  isAway = false;
  one.tell(keyset, lease("v"), channels("a"));
  await clock.advance(20);
  expect(heard).toEqual(["v - a"]);
  expect(warnings).toEqual(["Other nodes could not be told of closed connections."]);
});
