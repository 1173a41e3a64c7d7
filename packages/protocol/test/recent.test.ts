/** What was made lately is kept, and no more than that. */
import { Recent } from "@hereabouts/protocol";
import { expect, it } from "vitest";

it("what was set is found, what was asked for stays, and what nobody asks for goes", () => {
  const recent = new Recent<number, string>();
  recent.set(-1, "asked for");
  recent.set(-2, "not asked for");
  const seen: (string | undefined)[] = [];
  for (let key = 0; key < 5_000; key += 1) {
    recent.set(key, String(key));
    seen.push(recent.get(-1));
  }

  expect(new Set(seen)).toEqual(new Set(["asked for"]));
  expect([recent.get(-2), recent.get(0), recent.get(4_999)]).toEqual([undefined, undefined, "4999"]);
});
