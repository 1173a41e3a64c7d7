/** For tests that speak to an HTTP server byte by byte: requests as text, answers held to what may come back. */
import {
  type Exchange,
  exchange,
  type RawAnswer,
  readAnswers,
  type TestClient,
  withDeadline,
} from "@hereabouts/testkit";
import { expect } from "vitest";

/** The end of a line. */
export const crlf = "\r\n";

/** A request as text; a body gets its length. */
export function requestText(
  method: string,
  target: string,
  extra: { headers?: readonly string[]; body?: string } = {},
): string {
  const { headers = [], body } = extra;
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${method} ${target} HTTP/1.1`, "Host: test", ...headers, ...length, "", body ?? ""].join(crlf);
}

/** Refusals that may come from the runtime before a request is one, and so without a body. */
export const bareStatuses: ReadonlySet<number> = new Set([400, 408, 413, 414, 417, 431, 501, 505]);

/** Asserts that an answer is ours, in JSON, or that of a preflight, or a bare refusal of the runtime's. */
export function expectProper(answer: RawAnswer): void {
  if (answer.body === "") {
    const isPreflight = answer.headers.has("access-control-max-age");
    expect(isPreflight ? [200, 204] : [...bareStatuses]).toContain(answer.status);
    return;
  }
  expect(answer.headers.get("content-type"), answer.body).toMatch(/javascript|json/);
  expect(() => JSON.parse(answer.body), answer.body).not.toThrow();
}

/** Asserts that all that came back is proper; gives the statuses of the answers. */
export function expectProperExchange({ bytes }: Exchange): readonly number[] {
  const answers = readAnswers(bytes);
  for (const answer of answers) expectProper(answer);
  return answers.map((answer) => answer.status);
}

/** The port of a world with sockets. */
export function portOf(client: TestClient): number {
  const { port } = client.world;
  if (port === undefined) throw new Error("This world has no sockets.");
  return port;
}

/** Sends one text whole and gives the answers; the connection is closed after them. */
export async function answersTo(client: TestClient, text: string, count = 1): Promise<readonly RawAnswer[]> {
  const { bytes } = await exchange({
    port: portOf(client),
    parts: [Buffer.from(text, "latin1")],
    finish: false,
    enough: (received) => countAnswers(received) >= count,
  });
  const answers = readAnswers(bytes);
  for (const answer of answers) expectProper(answer);
  return answers;
}

/** How many whole answers these bytes are; 0 while the last is not whole. */
export function countAnswers(bytes: Buffer): number {
  try {
    return readAnswers(bytes).length;
  } catch {
    return 0;
  }
}

/** Asserts that the server still answers and, soon, holds nothing for clients that have gone. */
export async function expectAlive(client: TestClient): Promise<void> {
  expect((await client.world.get("/time/0", { connection: "own" })).status).toBe(200);
  const gone = (async () => {
    while ((await client.world.waiters()) > 0);
  })();
  await withDeadline(gone, "The end of polls whose clients have gone", 3_000);
}
