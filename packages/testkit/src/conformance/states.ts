/** Rules of a user's state in a channel (semantics § 7). */
import { describe, expect, test } from "vitest";
import { Bench, type OpenEngine } from "./bench.ts";

/** Setting, carrying, keeping and losing state. */
export function describeStates(open: OpenEngine): void {
  describe("state", () => {
    describeSetting(open);
    describeCarrying(open);
    describeWaiting(open);
  });
}

function describeSetting(open: OpenEngine): void {
  test("a seated user's state is replaced, and told [S-020] [S-022]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b");
    expect(await bench.setState("u", "a", '{"a":1}')).toEqual(['state-change u in a (1) {"a":1}']);
    expect(await bench.setState("u", "a", '{"b":2}')).toEqual(['state-change u in a (1) {"b":2}']);
    expect([await bench.states("u", "a b"), await bench.hereNow("a")]).toEqual([
      ['{"b":2}', undefined],
      ['u {"b":2}'],
    ]);
  });

  test("setting what is there already is no change [S-021]", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.setState("u", "a", '{"a":1}');
    expect(await bench.setState("u", "a", '{"a":1}')).toEqual([]);
  });

  test("the empty state clears, and clearing nothing is no change", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    expect(await bench.setState("u", "a", "{}")).toEqual([]);
    await bench.setState("u", "a", '{"a":1}');
    expect(await bench.setState("u", "a", "{}")).toEqual(["state-change u in a (1)"]);
    expect(await bench.states("u", "a")).toEqual([undefined]);
  });

  test("each channel has its own change, in the order of the request", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b");
    await bench.touch("v", "a");
    expect(await bench.setState("u", "b a", '{"x":1}')).toEqual([
      'state-change u in b (1) {"x":1}',
      'state-change u in a (2) {"x":1}',
    ]);
  });

  test("state survives as the text it was", async () => {
    const bench = await Bench.open(open);
    const state = '{"n":1.50,"deep":{"list":[1,null,"\\u0000é😀"]},"big":12345678901234567890}';
    await bench.touch("u", "a");
    await bench.setState("u", "a", state);
    expect(await bench.states("u", "a")).toEqual([state]);
  });

  test("setting state renews nothing", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { timeoutSeconds: 2 });
    bench.advance(1_500);
    await bench.setState("u", "a", '{"a":1}');
    bench.advance(500);
    expect(await bench.sweep()).toEqual(['timeout u in a (0) {"a":1}']);
  });
}

function describeCarrying(open: OpenEngine): void {
  test("a touch that brings state joins first and changes the state then [S-026]", async () => {
    const bench = await Bench.open(open);
    const states = { a: '{"k":1}' };
    expect(await bench.touch("u", "a b", { states })).toEqual([
      "join u in a (1)",
      'state-change u in a (1) {"k":1}',
      "join u in b (1)",
    ]);
    expect(await bench.touch("u", "a b", { states })).toEqual([]);
  });

  test("channels that a touch brings no state for keep theirs", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a b", { states: { a: '{"k":1}', b: '{"k":2}' } });
    await bench.touch("u", "a b", { states: { b: '{"k":3}' } });
    expect(await bench.states("u", "a b")).toEqual(['{"k":1}', '{"k":3}']);
  });

  test("a touch that brings the empty state clears", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a", { states: { a: '{"k":1}' } });
    expect(await bench.touch("u", "a", { states: { a: "{}" } })).toEqual(["state-change u in a (1)"]);
  });

  test("state brought to a seat that is refused is not taken", async () => {
    const bench = await Bench.open(open);
    await bench.touch("u", "a");
    await bench.leave("u", "a");
    const options = { intent: "implied", states: { a: '{"k":1}' } } as const;
    expect(await bench.touch("u", "a", options)).toEqual([]);
    expect(await bench.states("u", "a")).toEqual([undefined]);
  });
}

function describeWaiting(open: OpenEngine): void {
  test("a user without a seat may have state, told with the true occupancy, and is not seated by it", async () => {
    const bench = await Bench.open(open);
    await bench.touch("v", "a");
    expect(await bench.setState("u", "a b", '{"x":1}')).toEqual([
      'state-change u in a (1) {"x":1}',
      'state-change u in b (0) {"x":1}',
    ]);
    expect([await bench.states("u", "a"), await bench.hereNow("a"), await bench.hereNow("b")]).toEqual([
      ['{"x":1}'],
      ["v"],
      [],
    ]);
  });

  test("the next join finds the state that waits for it [S-023]", async () => {
    const bench = await Bench.open(open);
    await bench.setState("u", "a", '{"x":1}', 5_000);
    bench.advance(4_999);
    expect(await bench.touch("u", "a")).toEqual(['join u in a (1) {"x":1}']);
    bench.advance(60_000);
    expect(await bench.hereNow("a")).toEqual(['u {"x":1}']);
  });

  test("state waits for its time and no longer", async () => {
    const bench = await Bench.open(open);
    await bench.setState("u", "a", '{"x":1}', 5_000);
    bench.advance(5_000);
    expect(await bench.states("u", "a")).toEqual([undefined]);
    await bench.touch("u", "a");
    expect(await bench.states("u", "a")).toEqual([undefined]);
  });

  test("state that waits does not outlive the seat it came to", async () => {
    const bench = await Bench.open(open);
    await bench.setState("u", "a", '{"x":1}');
    await bench.touch("u", "a");
    await bench.leave("u", "a");
    await bench.touch("u", "a");
    expect(await bench.states("u", "a")).toEqual([undefined]);
  });
}
