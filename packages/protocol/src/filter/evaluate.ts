/**
 * Evaluates filter expressions, wire specification § 4.7. Total: whatever the expression and the item, the answer is
 * yes or no, in time linear in their sizes for each operator.
 *
 * A name that leads nowhere is undefined, and so is null. Undefined is not true; it equals only undefined, is unequal
 * to everything else, stands in no order, and makes arithmetic undefined. Values of different types are unequal.
 */
import { filterTextCharactersMax } from "../model/limits.ts";
import type { BinaryOperator, Filter } from "./ast.ts";
import { isLike, isWithin } from "./match.ts";

/** What a filter sees of an item: parsed JSON, `undefined` where there is none. */
export interface FilterInput {
  /** What the publisher said about the item; for a presence event its `pn_*` metadata. */
  readonly meta: unknown;
  /** The payload. */
  readonly data: unknown;
}

/** Whether an item passes a filter. */
export function passes(filter: Filter, input: FilterInput): boolean {
  return isTrue(evaluate(filter, input));
}

function evaluate(filter: Filter, input: FilterInput): unknown {
  switch (filter.kind) {
    case "literal":
      return filter.value;
    case "list":
      return filter.items.map((item) => evaluate(item, input));
    case "path":
      return valueAt(filter.root === "meta" ? input.meta : input.data, filter.steps);
    case "not":
      return !passes(filter.operand, input);
    case "negate":
      return negated(evaluate(filter.operand, input));
    case "and":
      return passes(filter.left, input) && passes(filter.right, input);
    case "or":
      return passes(filter.left, input) || passes(filter.right, input);
    case "binary":
      return operators[filter.operator](evaluate(filter.left, input), evaluate(filter.right, input));
  }
}

const operators: Readonly<Record<BinaryOperator, (left: unknown, right: unknown) => unknown>> = {
  "==": isEqual,
  "!=": (left, right) => !isEqual(left, right),
  "<": (left, right) => isOrdered(left, right, (order) => order < 0),
  ">": (left, right) => isOrdered(left, right, (order) => order > 0),
  "<=": (left, right) => isOrdered(left, right, (order) => order <= 0),
  ">=": (left, right) => isOrdered(left, right, (order) => order >= 0),
  "+": sum,
  "-": (left, right) => calculated(left, right, (a, b) => a - b),
  "*": (left, right) => calculated(left, right, (a, b) => a * b),
  "/": (left, right) => calculated(left, right, (a, b) => a / b),
  "%": (left, right) => calculated(left, right, (a, b) => a % b),
  like: anyIsLike,
  contains: (left, right) => isIn(right, left) || (Array.isArray(right) && isIn(left, right)),
};

function isTrue(value: unknown): boolean {
  return Boolean(value);
}

/** Only what the JSON itself says: nothing is inherited. */
function valueAt(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value ?? undefined;
}

/** Objects and lists equal nothing, not even themselves. */
function isEqual(left: unknown, right: unknown): boolean {
  return typeof left !== "object" && left === right;
}

/** Numbers and texts stand in order among themselves; texts by their UTF-16 units. */
function isOrdered(left: unknown, right: unknown, accepts: (order: number) => boolean): boolean {
  if (typeof left === "number" && typeof right === "number") return accepts(orderOf(left, right));
  if (typeof left === "string" && typeof right === "string") return accepts(orderOf(left, right));
  return false;
}

/** Below, at or above zero as the left is less than, equal to or greater than the right; else not a number. */
function orderOf<Value extends number | string>(left: Value, right: Value): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return left === right ? 0 : Number.NaN;
}

function negated(value: unknown): number | undefined {
  return typeof value === "number" ? -value : undefined;
}

function calculated(
  left: unknown,
  right: unknown,
  calculate: (left: number, right: number) => number,
): number | undefined {
  return typeof left === "number" && typeof right === "number" ? calculate(left, right) : undefined;
}

/** The sum of numbers, or texts put together, a number among them written out. */
function sum(left: unknown, right: unknown): number | string | undefined {
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (!isTextOrNumber(left) || !isTextOrNumber(right)) return undefined;
  const text = `${left}${right}`;
  return text.length <= filterTextCharactersMax ? text : undefined;
}

function isTextOrNumber(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

/** Of a list, any element will do. */
function anyIsLike(value: unknown, pattern: unknown): boolean {
  if (typeof pattern !== "string") return false;
  if (Array.isArray(value))
    return value.some((element) => isTextOrNumber(element) && isLike(`${element}`, pattern));
  return isTextOrNumber(value) && isLike(`${value}`, pattern);
}

/** Whether a list has an element, or a text a part. */
function isIn(part: unknown, whole: unknown): boolean {
  if (Array.isArray(whole)) return whole.some((element) => isEqual(element ?? undefined, part));
  return typeof whole === "string" && typeof part === "string" && isWithin(part, whole);
}
