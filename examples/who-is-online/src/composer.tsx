/** Says what one is up to: others see that one is typing, then what was typed. */
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { type PersonState, useOwnState } from "./presence.ts";

/** Without a key for this long one is not typing any more. */
const pauseMs = 3_000;

const silent: PersonState = { isTyping: false, note: "" };

/** A field and a button. Using it takes the seat in the channel. */
export function Composer({ channel }: { readonly channel: string }) {
  const [own = silent, setOwn] = useOwnState(channel);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);

  const show = (change: Partial<PersonState>): void => {
    setOwn((before = silent) => ({ ...before, ...change })).then(
      () => setProblem(undefined),
      (error: Error) => setProblem(error.message),
    );
  };
  const stopTyping = (): void => {
    clearTimeout(pause.current);
    if (own.isTyping) show({ isTyping: false });
  };
  const type = (value: string): void => {
    setText(value);
    clearTimeout(pause.current);
    if (!own.isTyping) show({ isTyping: true });
    pause.current = setTimeout(() => show({ isTyping: false }), pauseMs);
  };
  const say = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    clearTimeout(pause.current);
    show({ isTyping: false, note: text.trim() });
    setText("");
  };
  return (
    <form className="composer" onSubmit={say}>
      <label htmlFor="note">What are you up to?</label>
      <div>
        <input
          id="note"
          value={text}
          maxLength={80}
          autoComplete="off"
          placeholder={own.note === "" ? "Drinking tea" : own.note}
          onChange={(event) => type(event.target.value)}
          onBlur={stopTyping}
        />
        <button type="submit">Say so</button>
      </div>
      {problem !== undefined && <p role="alert">{problem}</p>}
    </form>
  );
}
