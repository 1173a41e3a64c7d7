import { type Filter, parseFilter } from "@hereabouts/protocol";
import { describe, expect, it } from "vitest";

/** A filter with every operator's operands in parentheses. */
function shape(filter: Filter): string {
  switch (filter.kind) {
    case "literal":
      return JSON.stringify(filter.value);
    case "list":
      return `[${filter.items.map(shape).join(" ")}]`;
    case "path":
      return [filter.root, ...filter.steps].join("/");
    case "not":
      return `!${shape(filter.operand)}`;
    case "negate":
      return `-${shape(filter.operand)}`;
    case "and":
    case "or":
      return `(${shape(filter.left)} ${filter.kind} ${shape(filter.right)})`;
    case "binary":
      return `(${shape(filter.left)} ${filter.operator} ${shape(filter.right)})`;
  }
}

function shapeOf(text: string): string {
  const result = parseFilter(text);
  return result.ok ? shape(result.value) : `${result.fault.code}: ${result.fault.message}`;
}

describe("parsing a filter", () => {
  const cases: [string, string][] = [
    ["a", "meta/a"],
    ["meta.a", "meta/a"],
    ["data.a.b", "data/a/b"],
    ["data", "data"],
    ["meta", "meta"],
    ["data[0]['x y'].z[\"q\"]", "data/0/x y/z/q"],
    ["meta.like.contains.true", "meta/like/contains/true"],
    ["größe_1$", "meta/größe_1$"],
    ["1 == 1.5", "(1 == 1.5)"],
    [".5 < 2e3", "(0.5 < 2000)"],
    ["1e-2 + 1E+2", "(0.01 + 100)"],
    ["'it\\'s' == \"a'b\\\\\"", '("it\'s" == "a\'b\\\\")'],
    ["true != false", "(true != false)"],
    ["a||b&&c==d<e+f*g", "(meta/a or (meta/b and (meta/c == (meta/d < (meta/e + (meta/f * meta/g))))))"],
    ["a*b+c<d==e&&f||g", "((((((meta/a * meta/b) + meta/c) < meta/d) == meta/e) and meta/f) or meta/g)"],
    ["a-b-c", "((meta/a - meta/b) - meta/c)"],
    ["a - -b", "(meta/a - -meta/b)"],
    ["!a && !(b || c)", "(!meta/a and !(meta/b or meta/c))"],
    ["!a == b", "(!meta/a == meta/b)"],
    ["-2 * 3 % 2 / 1", "(((-2 * 3) % 2) / 1)"],
    ["a like '*x*' && b CONTAINS 'y'", '((meta/a like "*x*") and (meta/b contains "y"))'],
    ["('admin', \"super-user\") contains role", '(["admin" "super-user"] contains meta/role)'],
    ["((a))", "meta/a"],
    [" \t\n a \r ", "meta/a"],
    [
      "uuid == 'Serhii' && !admin && age >= 32",
      '(((meta/uuid == "Serhii") and !meta/admin) and (meta/age >= 32))',
    ],
  ];
  it.each(cases)("%s", (text, expected) => {
    expect(shapeOf(text)).toBe(expected);
  });
});

describe("a malformed filter", () => {
  const cases: [string, string][] = [
    ["", "ends too early at character 1"],
    ["((", "ends too early at character 3"],
    ["a ==", "ends too early at character 5"],
    ["a b", 'has an unexpected "b" at character 3'],
    ["a = b", 'has an unexpected "=" at character 3'],
    ["a == b)", 'has an unexpected ")" at character 7'],
    ["(a, b", "ends too early at character 6"],
    ["()", 'has an unexpected ")" at character 2'],
    ["like 'x'", 'has an unexpected "like" at character 1'],
    ["a.", "ends too early at character 3"],
    ["a.1", "has an unexpected 0.1 at character 2"],
    ["a[b]", 'has an unexpected "b" at character 3'],
    ["a[0", "ends too early at character 4"],
    ["'abc", 'has an unexpected "a text without its closing quote" at character 1'],
    ["a == 'x\\", 'has an unexpected "a text without its closing quote" at character 6'],
    ["a # b", 'has an unexpected "#" at character 3'],
    ["a & b", 'has an unexpected "&" at character 3'],
    ["1 2", "has an unexpected 2 at character 3"],
  ];
  it.each(cases)("%s", (text, problem) => {
    expect(shapeOf(text)).toBe(`could-not-parse: The filter ${problem}.`);
  });
});

describe("a filter's limits", () => {
  it("it nests up to 64 deep, in parentheses and behind signs", () => {
    const nested = (depth: number, open: string, close: string): string =>
      shapeOf(`${open.repeat(depth)}a${close.repeat(depth)}`);
    expect([nested(63, "(", ")"), nested(63, "!", "")]).toEqual(["meta/a", `${"!".repeat(63)}meta/a`]);
    const problem = "invalid-argument: The filter nests deeper than 64.";
    expect([
      nested(64, "(", ")"),
      nested(64, "!", ""),
      nested(1_300, "(-", ")"),
      nested(4_000, "(", ""),
    ]).toEqual([problem, problem, problem, problem]);
  });

  it("operators of one level do not nest", () => {
    const text = Array.from({ length: 500 }, (_, index) => `u==${index}`).join("||");
    expect(parseFilter(text).ok).toBe(true);
  });

  it("it has up to 4096 characters", () => {
    expect(parseFilter("a".repeat(4_096)).ok).toBe(true);
    expect(shapeOf("a".repeat(4_097))).toBe(
      "invalid-argument: The filter has 4097 characters, more than 4096.",
    );
  });
});
