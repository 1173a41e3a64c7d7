/** The form of a parsed filter expression (wire specification § 4.7). */

/** A parsed filter expression. Immutable; evaluated once per item and subscriber. */
export type Filter =
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "list"; readonly items: readonly Filter[] }
  /** A path into the item: `meta` (also for bare names) or `data`, then property names and indices. */
  | { readonly kind: "path"; readonly root: "meta" | "data"; readonly steps: readonly string[] }
  | { readonly kind: "not" | "negate"; readonly operand: Filter }
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Filter;
      readonly right: Filter;
    };

/** Operators that look at both operands. `contains` takes a list on either side, a text only on its left. */
export type BinaryOperator =
  | "=="
  | "!="
  | "<"
  | ">"
  | "<="
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "like"
  | "contains";
