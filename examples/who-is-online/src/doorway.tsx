/** Asks for a name. */
import type { SubmitEvent } from "react";

/** What the doorway needs. */
export interface DoorwayProps {
  readonly channel: string;
  onEnter(user: string): void;
}

/** A form with one field. The name is kept in the address, so that a reload is the same person. */
export function Doorway({ channel, onEnter }: DoorwayProps) {
  const enter = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const user = String(new FormData(event.currentTarget).get("user") ?? "").trim();
    if (user === "") return;
    const address = new URL(location.href);
    address.searchParams.set("user", user);
    history.replaceState(null, "", address);
    onEnter(user);
  };
  return (
    <main className="doorway">
      <h1>Who are you?</h1>
      <p>
        You are about to enter <strong>{channel}</strong>. Everybody there will see your name.
      </p>
      <form onSubmit={enter}>
        <label htmlFor="user">Your name</label>
        <input id="user" name="user" required maxLength={40} autoComplete="nickname" />
        <button type="submit">Enter</button>
      </form>
    </main>
  );
}
