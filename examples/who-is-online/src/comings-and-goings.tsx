/** What has just happened, newest first; read out by screen readers as it comes. */
import type { PresenceEvent } from "@hereabouts/client";
import { useRef, useState } from "react";
import { type PersonState, usePresenceEvents } from "./presence.ts";

/** Whose room, and who looks. */
export interface ComingsAndGoingsProps {
  readonly channel: string;
  readonly user: string;
}

interface Line {
  readonly id: number;
  readonly text: string;
  readonly action: string;
  readonly at: Date;
}

const linesMax = 30;

/** A log of who came and who went. */
export function ComingsAndGoings({ channel, user }: ComingsAndGoingsProps) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const count = useRef(0);
  usePresenceEvents(channel, (event) => {
    const text = sentenceOf(event, user);
    if (text === undefined) return;
    count.current += 1;
    const line = { id: count.current, text, action: event.action, at: new Date(event.at) };
    setLines((before) => [line, ...before].slice(0, linesMax));
  });
  return (
    <div role="log" aria-live="polite" aria-relevant="additions" aria-labelledby="happened">
      <ol className="log">
        {lines.map(({ id, text, action, at }) => (
          <li key={id} data-action={action}>
            <span>{text}</span>
            <time dateTime={at.toISOString()}>
              {at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
            </time>
          </li>
        ))}
      </ol>
      {lines.length === 0 && <p className="quiet">Nobody has come or gone yet.</p>}
    </div>
  );
}

function sentenceOf(event: PresenceEvent<PersonState>, user: string): string | undefined {
  switch (event.action) {
    case "join":
      return event.userId === user ? "You are here" : `${event.userId} came`;
    case "leave":
      return `${event.userId} left`;
    case "timeout":
      return `${event.userId} was lost`;
    case "interval":
      return `${event.joined.length} came, ${event.left.length + event.timedOut.length} left`;
    case "state-change":
      return undefined;
  }
}
