import type { SubscribeKey } from "@hereabouts/protocol";
import { expect, test } from "vitest";
import { Keyspace } from "../src/keys.ts";
import { slotOf } from "../src/slots.ts";

test("slots are those that clusters say", () => {
  expect([slotOf("foo"), slotOf("{foo}bar"), slotOf("a{}b"), slotOf("{ü}")]).toEqual([
    12182,
    12182,
    slotOf("a{}b"),
    slotOf("ü"),
  ]);
});

test.each([1, 2, 3, 4, 6, 8, 12])(
  "%s masters with equal shares of the slots have equal shares of the partitions",
  (masters) => {
    for (const name of ["sub-a", "sub-b", "}:{"]) {
      const counts = new Array<number>(masters).fill(0);
      for (const { meta } of new Keyspace({ prefix: "p" }).partitionsOf(name as SubscribeKey)) {
        const master = Math.floor((slotOf(meta) * masters) / 16_384);
        counts[master] = (counts[master] ?? 0) + 1;
      }
      expect(counts).toEqual(counts.map(() => 24 / masters));
    }
  },
);

test("names that would end a tag do not: keys of different keysets are different", () => {
  const keys = new Keyspace({ prefix: "p" });
  const names = ["a", "a}", "a%7d", "a:0:0", "{a"] as SubscribeKey[];
  const metas = names.map((name) => keys.partition(name, "channel").meta);
  expect(new Set(metas).size).toBe(names.length);
  for (const meta of metas) expect(meta).toMatch(/^h2:\{[^{}]+\}:m$/);
});
