/** Everybody who is here, oneself first. */
import type { RosterOccupant } from "@hereabouts/client";
import { memo } from "react";
import { Avatar } from "./avatar.tsx";
import { type PersonState, useRoster } from "./presence.ts";

/** Whose room, and who looks. */
export interface PeopleProps {
  readonly channel: string;
  readonly user: string;
}

/** A list of discs with names. */
export function People({ channel, user }: PeopleProps) {
  const { occupants, complete } = useRoster(channel);
  const people = [...occupants].sort(
    ([left, { since }], [right, { since: other }]) =>
      Number(right === user) - Number(left === user) || since - other || (left < right ? -1 : 1),
  );
  return (
    <section aria-labelledby="people" aria-busy={!complete}>
      <h2 id="people">Here now</h2>
      <ul className="people">
        {people.map(([userId, occupant]) => (
          <Person key={userId} userId={userId} occupant={occupant} isSelf={userId === user} />
        ))}
      </ul>
      {people.length === 0 && <p className="quiet">Looking who is here…</p>}
    </section>
  );
}

interface PersonProps {
  readonly userId: string;
  readonly occupant: RosterOccupant<PersonState>;
  readonly isSelf: boolean;
}

/** An occupant keeps its identity until it changes, so only who changed is drawn again. */
const Person = memo(function Person({ userId, occupant, isSelf }: PersonProps) {
  const { isTyping = false, note = "" } = occupant.state ?? {};
  const since = new Date(occupant.since);
  return (
    <li className="person" data-user={userId} data-typing={isTyping}>
      <Avatar name={userId} />
      <div>
        <p className="name">
          {userId}
          {isSelf && <span className="self"> (you)</span>}
        </p>
        {isTyping ? <Typing /> : <p className="note">{note === "" ? <Since since={since} /> : note}</p>}
      </div>
    </li>
  );
});

function Typing() {
  return (
    <p className="typing">
      typing
      <span className="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </p>
  );
}

function Since({ since }: { readonly since: Date }) {
  const time = since.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return (
    <>
      here since <time dateTime={since.toISOString()}>{time}</time>
    </>
  );
}
