/** What tests of streams need: to open one, to ask on it, and to say what it was told. */
import { type TestClient, type TestStream, testKeys } from "@hereabouts/testkit";
import { expect } from "vitest";

/** A frame that a stream was sent: of items, or about the stream. */
export interface Frame {
  readonly c?: string;
  readonly id?: number;
  readonly t?: { readonly t: string };
  readonly m?: readonly {
    readonly c: string;
    readonly d: unknown;
    readonly b?: string;
    readonly p: { t: string };
  }[];
  readonly status?: number;
  readonly message?: string;
  readonly channels?: readonly string[];
  readonly afterMs?: number;
}

/** The target of a stream of these channels. */
export function target(channels: string, query: Readonly<Record<string, string>> = {}): string {
  return `/v3/stream/${testKeys.subscribe}/${encodeURIComponent(channels)}?${new URLSearchParams(query)}`;
}

/** Opens a stream that is not refused; resolves when it is ready. */
export async function opened(
  client: TestClient,
  channels: string,
  query: Readonly<Record<string, string>> = {},
): Promise<TestStream> {
  const stream = await client.world.stream(target(channels, query));
  if (!("take" in stream)) throw new Error(`The stream was refused: ${stream.text}`);
  expect(await nextFrame(stream)).toEqual({ c: "ready", t: { t: expect.any(String), r: 1 }, id: 0 });
  return stream;
}

/** The next frame. */
export async function nextFrame(stream: TestStream): Promise<Frame> {
  return JSON.parse(await stream.next()) as Frame;
}

/** Everything that a stream was told by now, one entry an envelope: what, where, and why it came. */
export async function told(client: TestClient, stream: TestStream): Promise<readonly unknown[]> {
  await client.world.advance(0);
  return stream.take().flatMap((text) => {
    const frame = JSON.parse(text) as Frame;
    return (frame.m ?? [frame]).map((entry) => ("d" in entry ? shortOf(entry.d, entry) : entry));
  });
}

function shortOf(data: unknown, { c, b }: { readonly c: string; readonly b?: string }): unknown {
  const isEvent = typeof data === "object" && data !== null && "action" in data;
  const event = data as { readonly action: string; readonly uuid?: string; readonly occupancy: number };
  return isEvent ? [event.action, c, event.uuid, event.occupancy] : [data, c, b];
}

/** Sends a frame; gives the answer to it. */
export async function ask(stream: TestStream, frame: unknown): Promise<Frame> {
  stream.send(JSON.stringify(frame));
  for (;;) {
    const answer = await nextFrame(stream);
    if (answer.c === "ready" || answer.c === "error") return answer;
  }
}
