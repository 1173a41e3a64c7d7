/** How a member hangs on a server: over a WebSocket of some language, or by polls of ours one after the other. */
import { openConnection, refusal } from "./connection.ts";
import { type Dialect, dialectOf, type Party } from "./dialects.ts";
import { buildRequest, pollTarget, subscribeTarget } from "./requests.ts";
import { openSocket } from "./socket.ts";
import type { MembersOrder } from "./socket-messages.ts";
import { eachUnit } from "./units.ts";

/** Who is told what comes over a link. */
export interface LinkListener {
  /** The server has taken the member in: it is there, and is told what happens from here on. */
  onReady(): void;
  /** A frame, a line of one where frames have lines, or the body of an answer. */
  onText(text: string): void;
  /** A place to go on from, after everything told so far. Default: nobody wants to know. */
  onCursor?(cursor: string): void;
  onFailure(error: Error): void;
}

/** A member's link. */
export interface Link {
  /** Drops it without a word, as a lost network does. */
  drop(): void;
}

/** Opens a link; with a cursor the member goes on where it was, where the server knows such a thing. */
export function openLink(
  order: Pick<MembersOrder, "port" | "dialect" | "transport">,
  party: Party,
  cursor: string | undefined,
  listener: LinkListener,
): Link {
  if (order.transport === "poll") return openPolls(order.port, party, cursor, listener);
  return openSocketLink(order.port, dialectOf(order.dialect), { ...party, cursor }, listener);
}

const cursorPattern = /"t":\{"t":"(\d+)"/;

function openSocketLink(port: number, dialect: Dialect, party: Party, listener: LinkListener): Link {
  let isReady = false;
  const hear = (text: string): void => {
    listener.onText(text);
    if (listener.onCursor === undefined) return;
    const cursor = cursorPattern.exec(text)?.[1];
    if (cursor !== undefined) listener.onCursor(cursor);
  };
  const socket = openSocket(port, dialect.target(party), {
    onOpen: () => {
      for (const frame of dialect.greet(party)) socket.send(frame);
    },
    onLost: (reason) => listener.onFailure(new Error(`${party.user}: ${reason}`)),
    onFrame: (bytes, start, end) => {
      const frame = bytes.toString("utf8", start, end);
      const pong = dialect.pong(frame);
      if (pong !== undefined) return socket.send(pong);
      try {
        if (isReady)
          return eachUnit(bytes, start, end, dialect.hasLines, (from, to) =>
            hear(bytes.toString("utf8", from, to)),
          );
        const step = dialect.proceed(party, frame);
        for (const next of step.send) socket.send(next);
        if (!step.isReady) return;
        isReady = true;
        const cursor = cursorPattern.exec(frame)?.[1];
        if (cursor !== undefined) listener.onCursor?.(cursor);
        listener.onReady();
      } catch (error) {
        listener.onFailure(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  return socket;
}

/** A handshake, which takes the seat, then polls: from the handshake's cursor, or from where the member was. */
function openPolls(port: number, party: Party, from: string | undefined, listener: LinkListener): Link {
  let isReady = false;
  const poll = (cursor: string): void => connection.send(buildRequest(pollTargetOf(party, cursor), port));
  const connection = openConnection(port, {
    onOpen: () => poll("0"),
    onLost: (reason) => listener.onFailure(new Error(`${party.user}: ${reason}`)),
    onAnswer: (status, body) => {
      if (status !== 200) return listener.onFailure(refusal(status, body));
      const text = body.bytes.toString("utf8", body.start, body.end);
      const cursor = cursorPattern.exec(text)?.[1];
      if (cursor === undefined) return listener.onFailure(new Error(`No cursor: ${text.slice(0, 300)}`));
      const isHandshake = !isReady;
      isReady = true;
      if (!isHandshake) listener.onText(text);
      const next = isHandshake ? (from ?? cursor) : cursor;
      listener.onCursor?.(next);
      poll(next);
      if (isHandshake) listener.onReady();
    },
  });
  return connection;
}

/** An observer takes no seat: it asks for the presence channel alone. */
function pollTargetOf({ channel, user, role, wantsDetails }: Party, cursor: string): string {
  if (role !== "observer") return subscribeTarget(channel, user, cursor);
  return `${pollTarget(`${channel}-pnpres`, user, cursor)}${wantsDetails === true ? "&details=1" : ""}`;
}
