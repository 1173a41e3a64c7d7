/** Parses filter expressions, wire specification § 4.7: operators by precedence, bounded in length and depth. */
import { type Fault, failure, type Result, success } from "../model/fault.ts";
import { filterCharactersMax, filterDepthMax } from "../model/limits.ts";
import type { BinaryOperator, Filter } from "./ast.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Parses an expression. A malformed one could not be parsed; one past a limit is an invalid argument. */
export function parseFilter(text: string): Result<Filter> {
  if (text.length > filterCharactersMax) {
    const problem = `The filter has ${text.length} characters, more than ${filterCharactersMax}.`;
    return failure("invalid-argument", problem);
  }
  const parser = new Parser(tokensOf(text));
  const filter = parser.expression(loosest);
  parser.finish();
  return parser.fault === undefined ? success(filter) : { ok: false, fault: parser.fault };
}

/** How tight operators bind. Those of equal tightness are taken from left to right. */
const tightness: ReadonlyMap<string, number> = new Map([
  ["||", 1],
  ["&&", 2],
  ["==", 3],
  ["!=", 3],
  ["<", 4],
  [">", 4],
  ["<=", 4],
  [">=", 4],
  ["like", 4],
  ["contains", 4],
  ["+", 5],
  ["-", 5],
  ["*", 6],
  ["/", 6],
  ["%", 6],
]);
const loosest = 1;

/** What stands for an expression that is not there; thrown away, because a fault is set. */
const nothing: Filter = { kind: "literal", value: false };

/** A position in the tokens, and the first thing that is wrong with them. */
class Parser {
  fault: Fault | undefined;
  readonly #tokens: readonly Token[];
  #next: number;
  #depth: number;

  constructor(tokens: readonly Token[]) {
    this.fault = undefined;
    this.#tokens = tokens;
    this.#next = 0;
    this.#depth = 0;
  }

  /** Reads operands and the operators between them that bind at least so tight. */
  expression(least: number): Filter {
    let left = this.#operand();
    for (;;) {
      const operator = operatorOf(this.#peek());
      const tight = tightness.get(operator) ?? 0;
      if (tight < least || this.fault !== undefined) return left;
      this.#next += 1;
      left = joined(operator, left, this.expression(tight + 1));
    }
  }

  /** Nothing may follow. */
  finish(): void {
    if (this.#peek().kind !== "end") this.#unexpected();
  }

  /** Operands nest: in parentheses and behind `!` and `-`. Operators of one level do not. */
  #operand(): Filter {
    this.#depth += 1;
    if (this.#depth > filterDepthMax) {
      this.#fail({ code: "invalid-argument", message: `The filter nests deeper than ${filterDepthMax}.` });
      return nothing;
    }
    const operand = this.fault === undefined ? this.#primary() : nothing;
    this.#depth -= 1;
    return operand;
  }

  #primary(): Filter {
    const token = this.#peek();
    if (token.kind === "number" || token.kind === "text") {
      this.#next += 1;
      return { kind: "literal", value: token.value };
    }
    if (token.kind === "name") return this.#named(token.value);
    if (this.#takes("!")) return { kind: "not", operand: this.#operand() };
    if (this.#takes("-")) return { kind: "negate", operand: this.#operand() };
    if (this.#takes("(")) return this.#parenthesised();
    this.#unexpected();
    return nothing;
  }

  /** One expression in parentheses is itself; several are a list. */
  #parenthesised(): Filter {
    const items = [this.expression(loosest)];
    while (this.#takes(",")) items.push(this.expression(loosest));
    this.#expect(")");
    return items.length === 1 ? (items[0] ?? nothing) : { kind: "list", items };
  }

  #named(name: string): Filter {
    if (isOperatorWord(name)) {
      this.#unexpected();
      return nothing;
    }
    this.#next += 1;
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "meta" || name === "data") return { kind: "path", root: name, steps: this.#steps() };
    return { kind: "path", root: "meta", steps: [name, ...this.#steps()] };
  }

  /** `.name`, `["name"]` and `[0]`, as many as there are. */
  #steps(): readonly string[] {
    const steps: string[] = [];
    for (;;) {
      if (this.#takes(".")) steps.push(this.#step(["name"]));
      else if (this.#takes("[")) {
        steps.push(this.#step(["text", "number"]));
        this.#expect("]");
      } else return steps;
    }
  }

  #step(kinds: readonly Token["kind"][]): string {
    const token = this.#peek();
    if (kinds.includes(token.kind)) this.#next += 1;
    else this.#unexpected();
    return String(token.value);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", value: "", at: 0 };
  }

  #takes(sign: string): boolean {
    const token = this.#peek();
    if (token.kind !== "sign" || token.value !== sign) return false;
    this.#next += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) this.#unexpected();
  }

  #unexpected(): void {
    const token = this.#peek();
    const what = token.kind === "end" ? "ends too early" : `has an unexpected ${JSON.stringify(token.value)}`;
    this.#fail({ code: "could-not-parse", message: `The filter ${what} at character ${token.at + 1}.` });
  }

  #fail(fault: Fault): void {
    this.fault ??= fault;
  }
}

/** The operator that a token is, words in lower case; empty for none. */
function operatorOf(token: Token): string {
  if (token.kind === "sign") return token.value;
  return token.kind === "name" && isOperatorWord(token.value) ? token.value.toLowerCase() : "";
}

function isOperatorWord(name: string): boolean {
  const word = name.toLowerCase();
  return word === "like" || word === "contains";
}

function joined(operator: string, left: Filter, right: Filter): Filter {
  if (operator === "&&") return { kind: "and", left, right };
  if (operator === "||") return { kind: "or", left, right };
  return { kind: "binary", operator: operator as BinaryOperator, left, right };
}
