/**
 * A process that uses an engine, for tests that need a process of their own: on another runtime, or to be killed.
 * Arguments: what to do, and the data directory. It writes one JSON value per line.
 */
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { Channel, Group, JsonText, SubscribeKey, UserId } from "@hereabouts/protocol";

const keyset = "sub" as SubscribeKey;
const start = 1_767_225_600_000;

function report(value: unknown): void {
  process.stdout.write(
    `${JSON.stringify(value, (_, part) => (typeof part === "bigint" ? part.toString() : part))}\n`,
  );
}

function seatRequest(user: string, channel: string) {
  return {
    user: user as UserId,
    device: undefined,
    channels: [channel as Channel],
    timeoutSeconds: 60,
    defaultTimeoutSeconds: 300,
    states: undefined,
    intent: "deliberate",
    asksForOwnJoins: true,
  } as const;
}

function message(text: string) {
  return {
    kind: "message",
    channel: "a.b" as Channel,
    publisher: undefined,
    payload: JSON.stringify(text) as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  } as const;
}

/** Adds one channel after another to a group, some at once, and reports each when it is acknowledged. */
async function writeGroups(path: string): Promise<void> {
  const engine = await openEmbeddedEngine({ path, now: start, epoch: "writer" });
  for (let round = 0; ; round++) {
    const channels = Array.from({ length: 20 }, (_, index) => `${round}-${index}` as Channel);
    await Promise.all(
      channels.map(async (channel) => {
        await engine.groups.change(
          keyset,
          `g${round % 7}` as Group,
          { add: [channel], remove: [] },
          1_000_000,
        );
        report([`g${round % 7}`, channel]);
      }),
    );
  }
}

/** Uses the engine, reports the newest position, and waits to be killed. */
async function useAndWait(path: string): Promise<void> {
  const engine = await openEmbeddedEngine({ path, now: start + 1_000, epoch: "user" });
  const { presence, log } = engine;
  const page = { offset: 0, limit: 10, unless: undefined };
  const before = await presence.channel(keyset, "a" as Channel, page, start + 1_000);
  await presence.touch(keyset, seatRequest("killed", "a"), start + 1_000);
  const [published] = await log.append(keyset, [message("m")], start + 60_000);
  const position = await log.position(keyset, [], start + 60_300);
  report({ occupancyBefore: before.occupancy, published, position });
  // Referring to the engine keeps it, and so the lock, from the garbage collector.
  setInterval(() => engine.log, 1_000);
}

/** Goes through everything once and reports all answers: the same on every runtime. */
async function tour(path: string): Promise<void> {
  const warnings: string[] = [];
  const open = (now: number, epoch: string) =>
    openEmbeddedEngine({ path, now, epoch, warn: (text) => warnings.push(text) });
  let engine = await open(start, "first");
  report(await engine.presence.touch(keyset, seatRequest("u", "a.b"), start));
  report(await engine.presence.touch(keyset, seatRequest("v", "a.b"), start));
  report(await engine.log.append(keyset, [message("é😀"), message("2")], start + 1));
  report(await engine.groups.change(keyset, "g" as Group, { add: ["c", "a"] as Channel[], remove: [] }, 2));
  report(await engine.groups.change(keyset, "g" as Group, { add: ["b"] as Channel[], remove: [] }, 2));
  const second = await open(start, "second").then(
    () => "opened twice",
    (error: Error) => `${error.name}: ${error.message.replace(path, "PATH")}`,
  );
  report(path === ":memory:" ? "not asked" : second);
  await engine.close(start + 2);
  engine = await open(start + 30_002, "third");
  report(await engine.groups.channels(keyset, "g" as Group));
  report(await engine.presence.sweep(keyset, start + 60_000, 10));
  report(await engine.log.read(keyset, ["a.*", "a.b-pnpres"] as Channel[], 0n, 100, start + 60_000));
  await engine.close(start + 60_000);
  report(warnings);
}

const [what, path] = process.argv.slice(2);
const deeds = new Map([
  ["write-groups", writeGroups],
  ["use-and-wait", useAndWait],
  ["tour", tour],
]);
await deeds.get(what ?? "")?.(path ?? "");
