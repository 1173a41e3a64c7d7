/** Rules of the log: order, cursors, topics, waking (wire specification §§ 4.3, 4.6; semantics § 5.1). */
import { logEntriesPerChannelMax, ownJoinWindowMs } from "@hereabouts/core";
import type { SubscribeKey, Timetoken } from "@hereabouts/protocol";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../seeded-random.ts";
import { Bench, entryText, eventually, message, names, type OpenEngine } from "./bench.ts";

/** Appending, reading, watching. */
export function describeLog(open: OpenEngine): void {
  describe("topics", () => describeTopics(open));
  describe("cursors", () => describeCursors(open));
  describe("a user's own join", () => describeOwnJoins(open));
  describe("watching", () => describeWatching(open));
  describe("many readers", () => describeReaders(open));
}

function describeTopics(open: OpenEngine): void {
  test("a publication is on its channel and on the wildcards that match it", async () => {
    const bench = await Bench.open(open);
    await bench.publish("a.b.c", "m");
    const topics = ["a.b.c", "a.*", "a.b.*", "a.b", "b.*", "a.b.c.*", "a.b.c-pnpres", "a.*-pnpres"];
    const counts = await Promise.all(topics.map(async (topic) => (await bench.read(topic, 0n)).length));
    expect(counts).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
  });

  test("a change is on the presence channel and on the presence wildcards, when its verb returns [S-041]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a.b", { timeoutSeconds: 1 });
    await bench.setState("u", "a.b", '{"x":1}');
    await bench.leave("u", "a.b");
    const all = ["join u in a.b (1)", 'state-change u in a.b (1) {"x":1}', 'leave u in a.b (0) {"x":1}'];
    expect([await bench.read("a.b-pnpres", 0n), await bench.read("a.*-pnpres", 0n)]).toEqual([all, all]);
    expect([await bench.read("a.b", 0n), await bench.read("a.*", 0n)]).toEqual([[], []]);
  });

  test("a swept seat's timeout is in the log when the sweep returns", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    bench.advance(1_000);
    await bench.sweep();
    expect(await bench.read("a-pnpres", 0n)).toEqual(["join u in a (1)", "timeout u in a (0)"]);
  });

  test("the presence of a wildcard channel itself is on its presence topic, once", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a.*");
    expect(await bench.read("a.*-pnpres", 0n)).toEqual(["join u in a.* (1)"]);
  });

  test("an entry in several topics of one read comes once [S-042]", async () => {
    const bench = await Bench.open(open);
    await bench.publish("a.b.c", "m");
    await bench.touch("u", "a.b.c");
    expect(await bench.read("a.* a.b.* a.b.c a.b.c-pnpres a.*-pnpres a.*", 0n)).toEqual([
      "a.b.c: m",
      "join u in a.b.c (1)",
    ]);
  });

  test("an entry carries everything that was published", async () => {
    const bench = await Bench.open(open);
    const publication = {
      ...message("a", "m"),
      kind: "signal",
      meta: '{"lang":"en"}' as ReturnType<typeof message>["payload"],
      customMessageType: "text",
      sequence: 7,
      origin: 17_000_000_000_000_001n,
    } as const;
    const [timetoken] = await bench.engine.log.append(bench.keyset, [publication], bench.now);
    const { entries } = await bench.readPage("a", 0n);
    expect(entries).toEqual([{ kind: "publication", timetoken, publication }]);
  });

  test("an entry carries the whole change", async () => {
    const bench = await Bench.open(open);
    const { changes } = await bench.touched("u", "a");
    const { entries } = await bench.readPage("a-pnpres", 0n);
    expect(entries.map((entry) => entry.kind === "change" && entry.change)).toEqual(changes);
  });

  test("keysets do not see each other's entries", async () => {
    const bench = await Bench.open(open);
    await bench.publish("a", "m");
    bench.keyset = "other-key" as SubscribeKey;
    expect(await bench.read("a", 0n)).toEqual([]);
  });
}

function describeCursors(open: OpenEngine): void {
  test("every publication has a timetoken greater than all before", async () => {
    const bench = await Bench.open(open);
    const first = await bench.publish("a", "1", "2", "3");
    bench.advance(-10_000);
    const second = await bench.publish("a", "4");
    bench.advance(10_001);
    const third = await bench.publish("a", "5");
    const all = [...first, ...second, ...third];
    expect(all.every((timetoken, index) => index === 0 || timetoken > (all[index - 1] ?? timetoken))).toBe(
      true,
    );
    expect(all.map((timetoken) => timetoken.toString().length)).toEqual([17, 17, 17, 17, 17]);
  });

  test("a publication is read under the timetoken that its publisher was told", async () => {
    const bench = await Bench.open(open);
    const timetokens = await bench.publish("a", "1", "2");
    const { entries } = await bench.readPage("a", 0n);
    expect(entries.map((entry) => entry.timetoken)).toEqual(timetokens);
  });

  test("a read gives what is after its cursor, oldest first over all topics [W-017] [W-018]", async () => {
    const bench = await Bench.open(open);
    const [first = 0n] = await bench.publish("a", "1");
    await bench.publish("b", "2");
    await bench.publish("a", "3");
    await bench.publish("c", "4");
    expect(await bench.read("b a", first)).toEqual(["b: 2", "a: 3"]);
    expect(await bench.read("b a", first - 1n)).toEqual(["a: 1", "b: 2", "a: 3"]);
  });

  test("a limit cuts, and its cursor leads to the rest [W-016]", async () => {
    const bench = await Bench.open(open);
    await bench.publish("a", "1", "2", "3");
    await bench.publish("b", "4", "5");
    const read: string[] = [];
    let cursor: Timetoken = 0n;
    for (let pages = 0; pages < 3; pages++) {
      const page = await bench.readPage("a b", cursor, 2);
      expect(page.entries.length).toBe(pages < 2 ? 2 : 1);
      if (pages < 2) expect(page.cursor).toBe(page.entries.at(-1)?.timetoken);
      read.push(...page.entries.map(entryText));
      cursor = page.cursor;
    }
    expect(read).toEqual(["a: 1", "a: 2", "a: 3", "b: 4", "b: 5"]);
  });

  test("an empty read's cursor is below everything later, in the same millisecond too", async () => {
    const bench = await Bench.open(open);
    await bench.publish("a", "before");
    for (let round = 0; round < 20; round++) {
      const { cursor } = await bench.readPage("a", await bench.position("a"));
      await bench.publish("a", `m${round}`);
      expect(await bench.read("a", cursor)).toEqual([`a: m${round}`]);
    }
  });

  test("a position has everything so far at or below it, and everything later above", async () => {
    const bench = await Bench.open(open);
    for (let round = 0; round < 20; round++) {
      await bench.publish("a", `before ${round}`);
      await bench.touch(`u${round}`, "a");
      const position = await bench.position("a a-pnpres");
      expect(await bench.read("a a-pnpres", position)).toEqual([]);
      await bench.publish("a", `after ${round}`);
      await bench.touch(`v${round}`, "a");
      expect((await bench.read("a a-pnpres", position)).length).toBe(2);
      bench.advance(round % 2);
    }
  });

  test("a position holds although the clock steps back after it", async () => {
    const bench = await Bench.open(open);
    bench.advance(5_000);
    const position = await bench.position("a");
    bench.advance(-5_000);
    await bench.publish("a", "later");
    expect(await bench.read("a", position)).toEqual(["a: later"]);
  });

  test("a cursor older than everything kept gives what is left", async () => {
    const bench = await Bench.open(open);
    const texts = Array.from({ length: logEntriesPerChannelMax + 30 }, (_, index) => String(index));
    for (const text of texts) await bench.publish("a", text);
    const read = await bench.read("a", 1n);
    expect(read.slice(-logEntriesPerChannelMax)).toEqual(
      texts.slice(-logEntriesPerChannelMax).map((text) => `a: ${text}`),
    );
  });

  test("a cursor from the future reads as the present and misses nothing from then on", async () => {
    const bench = await Bench.open(open);
    await bench.publish("a", "before");
    const future = (await bench.position("a")) + 864_000_000_000n;
    const page = await bench.readPage("a", future);
    expect(page.entries).toEqual([]);
    await bench.publish("a", "after");
    expect(await bench.read("a", page.cursor)).toEqual(["a: after"]);
  });
}

function describeOwnJoins(open: OpenEngine): void {
  test("the cursor of a touch shows the join that it caused [S-002]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("other", "a");
    const { beforeOwnJoins = 0n } = await bench.touched("u", "a b");
    expect(await bench.read("a-pnpres b-pnpres", beforeOwnJoins)).toEqual(
      ["join u in a (1)", "join u in b (1)"].map((text) => text.replace("in a (1)", "in a (2)")),
    );
  });

  test("the cursor of a handshake shows the join of the heartbeat that came before it [S-003]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    bench.advance(ownJoinWindowMs);
    const { changes, beforeOwnJoins = 0n } = await bench.touched("u", "a");
    expect(changes).toEqual([]);
    expect(await bench.read("a-pnpres", beforeOwnJoins)).toEqual(["join u in a (1)"]);
  });

  test("a join of long ago is not shown again", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    bench.advance(ownJoinWindowMs + 1);
    expect((await bench.touched("u", "a")).beforeOwnJoins).toBe(undefined);
  });

  test("of several recent joins the cursor is before the oldest, and others' entries do not hide it", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "b");
    bench.advance(500);
    await bench.touch("u", "a");
    for (let user = 0; user < 20; user++) await bench.touch(`v${user}`, "a b");
    const { beforeOwnJoins = 0n } = await bench.touched("u", "a b");
    const own = (await bench.read("a-pnpres b-pnpres", beforeOwnJoins)).filter((text) =>
      text.includes(" u "),
    );
    expect(own).toEqual(["join u in b (1)", "join u in a (1)"]);
  });

  test("a seat taken anew shows its new join, not the old", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a");
    const { beforeOwnJoins = 0n } = await bench.touched("u", "a");
    expect(await bench.read("a-pnpres", beforeOwnJoins)).toEqual(["join u in a (1)"]);
  });
}

function describeWatching(open: OpenEngine): void {
  test("news of a topic wakes who watches it, and can be read then", async () => {
    const bench = await Bench.open(open);
    const woken = new Set<string>();
    for (const topic of ["a", "a-pnpres", "b.*", "b.*-pnpres"]) {
      bench.watchLog(topic, () => woken.add(topic));
    }
    await bench.publish("a", "m");
    await bench.publish("b.c", "m");
    await bench.touch("u", "a b.c");
    await eventually(() => woken.size === 4, "all four watchers were woken");
    expect(await bench.read("a b.*", 0n)).toEqual(["a: m", "b.c: m"]);
  });

  test("who cancelled is not woken any more, and cancelling twice is harmless", async () => {
    const bench = await Bench.open(open);
    let early = 0;
    let late = 0;
    const cancel = bench.watchLog("a", () => early++);
    bench.watchLog("a", () => late++);
    cancel();
    cancel();
    await bench.publish("a", "m");
    await eventually(() => late > 0, "the other watcher was woken");
    expect(early).toBe(0);
  });

  test("watchers may cancel themselves and others while they are woken", async () => {
    const bench = await Bench.open(open);
    let woken = 0;
    const cancels = Array.from({ length: 10 }, () =>
      bench.watchLog("a", () => {
        woken += 1;
        for (const cancel of cancels) cancel();
      }),
    );
    await bench.publish("a", "m");
    await eventually(() => woken > 0, "one was woken");
    await bench.publish("a", "m");
    expect(woken).toBe(1);
  });

  test("a sweep's timeouts wake", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 1 });
    let woken = 0;
    bench.watchLog("a-pnpres", () => woken++);
    bench.advance(1_000);
    await bench.sweep();
    await eventually(() => woken > 0, "the watcher was woken");
  });
}

/** A subscriber that goes on reading where it stopped. */
interface Reader {
  readonly topics: string;
  cursor: Timetoken;
  readonly read: string[];
}

function describeReaders(open: OpenEngine): void {
  test("readers that keep reading miss nothing and see nothing twice, whatever is written meanwhile", async () => {
    const bench = await Bench.open(open);
    const random = createSeededRandom(20_260_101);
    const channels = ["a", "b", "x.a", "x.b"];
    const topics = [
      "a",
      "a b",
      "x.*",
      "x.a x.*",
      "a b x.*",
      "a-pnpres",
      "x.*-pnpres x.*",
      "b-pnpres a-pnpres x.b",
    ];
    const readers: Reader[] = topics.map((text) => ({ topics: text, cursor: 0n, read: [] }));
    const written: string[] = [];
    const step = async (): Promise<void> => {
      bench.advance(random.below(3));
      const channel = random.pick(channels);
      if (random.below(3) === 0) {
        const user = `u${random.below(5)}`;
        written.push(
          ...(await bench.touch(user, channel)),
          ...(await bench.leave(user, channel, { debounceMs: 0 })),
        );
        return;
      }
      const text = String(written.length);
      await bench.publish(channel, text);
      written.push(`${channel}: ${text}`);
    };
    for (let steps = 0; steps < 300; steps++) {
      await step();
      const reader = random.pick(readers);
      await readOn(bench, reader, random.below(4) === 0 ? 1 : 50);
      if (steps % 25 === 24) for (const each of readers) await drain(bench, each);
    }
    for (const reader of readers) await drain(bench, reader);
    for (const reader of readers) {
      const expected = written.filter((text) => isFor(names(reader.topics), text));
      expect([reader.topics, reader.read]).toEqual([reader.topics, expected]);
    }
  });
}

async function readOn(bench: Bench, reader: Reader, limit: number): Promise<number> {
  const { entries, cursor } = await bench.readPage(reader.topics, reader.cursor, limit);
  reader.cursor = cursor;
  reader.read.push(...entries.map(entryText));
  return entries.length;
}

/** Reads until nothing comes any more; an engine may hold the newest entries back for a moment. */
async function drain(bench: Bench, reader: Reader): Promise<void> {
  for (let empty = 0; empty < 3; ) {
    bench.advance(1);
    if ((await readOn(bench, reader, 20)) === 0) empty += 1;
  }
}

function isFor(topics: readonly string[], text: string): boolean {
  const published = /^([^ ]+): /.exec(text)?.[1];
  const changed = / in ([^ ]+) /.exec(text)?.[1];
  const own = published ?? `${changed}-pnpres`;
  const wildcard = `x.*${published === undefined ? "-pnpres" : ""}`;
  return topics.some(
    (topic) => topic === own || (topic === wildcard && (published ?? changed)?.startsWith("x.")),
  );
}
