import { type FilterInput, parseFilter, passes } from "@hereabouts/protocol";
import { describe, expect, it } from "vitest";

const item: FilterInput = {
  meta: JSON.parse(
    '{"uuid":"Serhii","age":32,"zero":0,"none":null,"yes":true,"empty":"","privileges":["Read","super-write"],"nested":{"list":[{"k":"v"}],"x y":1},"__proto__":{"inherited":1}}',
  ),
  data: { text: "Hello World", price: 9.5, tags: ["a", 1, null] },
};

function holds(text: string, input: FilterInput = item): boolean {
  const result = parseFilter(text);
  if (!result.ok) throw new Error(`${text}: ${result.fault.message}`);
  return passes(result.value, input);
}

function expectAll(value: boolean, texts: readonly string[], input?: FilterInput): void {
  expect(texts.map((text) => [text, holds(text, input)])).toEqual(texts.map((text) => [text, value]));
}

describe("filters", () => {
  it("compound expressions from practice hold", () => {
    expectAll(true, [
      "uuid == 'Serhii' && !admin && age >= 32",
      "privileges like '*write'",
      "('Serhii','super-user') contains uuid",
      "meta.age > 30 && data.price < 10",
      "data.text contains 'World'",
    ]);
  });

  it("numbers and texts are compared with their own kind", () => {
    expectAll(true, [
      "age == 32",
      "age != 31",
      "age < 33",
      "age <= 32",
      "'a' < 'b'",
      "'b' >= 'b'",
      "1e999 <= 1e999",
    ]);
    expectAll(false, [
      "age == '32'",
      "age < '33'",
      "'10' > 9",
      "yes == 1",
      "yes > false",
      "privileges == privileges",
    ]);
    expectAll(true, ["age != '32'", "yes == true", "true != false"]);
  });

  it("a name that leads nowhere is not true, equals nothing and stands in no order", () => {
    expectAll(false, [
      "admin",
      "admin == 'x'",
      "admin < 1",
      "admin >= 1",
      "admin like '*'",
      "admin contains 'x'",
    ]);
    expectAll(true, ["!admin", "admin != 'x'", "uuid != 'me'", "admin == nobody"]);
  });

  it("null is nothing", () => {
    expectAll(true, ["!none", "none == admin", "none != 0"]);
    expectAll(false, ["none == 0", "none.x", "none like '*'"]);
  });

  it("zero, the empty text, false and what is no number are not true", () => {
    expectAll(false, ["zero", "empty", "false", "0/0", "''"]);
    expectAll(true, ["age", "uuid", "nested", "privileges", "yes", "'0'"]);
  });

  it("paths go through objects and lists by what is theirs alone", () => {
    expectAll(true, [
      "nested.list[0].k == 'v'",
      "nested['x y'] == 1",
      "data.tags[1] == 1",
      "meta['uuid'] == 'Serhii'",
    ]);
    expectAll(false, [
      "constructor",
      "nested.toString",
      "meta.hasOwnProperty",
      "inherited",
      "uuid.length",
      "uuid[0]",
      "nested.list[9]",
      "data.tags[2]",
    ]);
    expectAll(true, ["__proto__.inherited == 1"]);
  });

  it("arithmetic is for numbers; a plus also puts texts together", () => {
    expectAll(true, [
      "age + 1 == 33",
      "age - 2 * 10 == 12",
      "7 % 4 == 3",
      "age / 64 == 0.5",
      "-age == 0 - 32",
    ]);
    expectAll(true, ["'a' + 'b' == 'ab'", "'a' + 1 == 'a1'", "uuid + '!' == 'Serhii!'"]);
    expectAll(false, ["admin + 1", "uuid - 1", "-uuid", "yes + 1", "privileges + 'x'", "'a' * 2"]);
  });

  it("and and or are as everywhere", () => {
    expectAll(true, ["yes && uuid", "admin || yes", "admin && yes || yes"]);
    expectAll(false, ["yes && admin", "admin || none"]);
  });

  it("like has stars anywhere and no eye for case; of a list any element will do", () => {
    expectAll(true, [
      "uuid like 'SERHII'",
      "uuid like 'ser*'",
      "uuid like '*HII'",
      "uuid like '*rh*'",
      "uuid like 's*r*i'",
      "uuid like '*'",
      "uuid like '**'",
      "age like '3*'",
      "privileges like 'read'",
      "empty like ''",
      "empty like '*'",
    ]);
    expectAll(false, [
      "uuid like 'erhii'",
      "uuid like 'Serhi'",
      "uuid like 'serhii*i'",
      "uuid like '*x*'",
      "privileges like 'write'",
      "uuid like 5",
      "nested like '*'",
      "uuid like '.*'",
    ]);
  });

  it("contains takes a list on either side, and a text on its left", () => {
    expectAll(true, [
      "privileges contains 'Read'",
      "'Read' contains privileges",
      "('x', 32) contains age",
      "age contains (31, 32)",
      "data.text contains 'lo Wo'",
      "data.text contains ''",
      "data.tags contains 1",
    ]);
    expectAll(false, [
      "privileges contains 'read'",
      "('x', 'y') contains age",
      "'lo Wo' contains data.text",
      "data.text contains 'world'",
      "age contains 3",
      "nested contains 'list'",
      "data.tags contains '1'",
    ]);
  });

  it("an item without metadata leaves bare names undefined", () => {
    const bare: FilterInput = { meta: undefined, data: "text" };
    expectAll(true, ["uuid != 'me'", "!meta", "data == 'text'", "data like 'T*'"], bare);
    expectAll(false, ["uuid == 'me'", "meta.uuid", "data.length"], bare);
  });

  it("a text that grows too long is nothing", () => {
    const input: FilterInput = { meta: { t: "x".repeat(32_768) }, data: undefined };
    expectAll(true, ["t + t", "!(t + t + t)", "t + t + t == undefinedName"], input);
  });
});
