/** What a bare server is told to answer: taken from the real server at run time, so that both send the same bytes. */
import { readFileSync } from "node:fs";

/** One answer. */
export interface BareAnswer {
  readonly status: number;
  /** Without those that the HTTP server adds by itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a bare server does. */
export interface BareOrders {
  /** The answer to every request, but for held ones. */
  readonly answer: BareAnswer;
  /** Targets with this text are held until `/release`, and then answered with `released`. */
  readonly hold: { readonly marker: string; readonly released: BareAnswer } | undefined;
}

/** Reads the orders from the file named on the command line. */
export function readOrders(): BareOrders {
  const path = process.argv[2];
  if (path === undefined) throw new Error("Name the file with the orders.");
  const orders: BareOrders = JSON.parse(readFileSync(path, "utf8"));
  return orders;
}
