/** Places in a channel's order of occupants, where a walk through a large channel goes on: `next` on the wire. */

/** Behind which occupant a page goes on. Stays good while users come and go, that one included. */
export interface PagePlace {
  /** The channel's epoch; in another one the place means the beginning. */
  readonly epoch: string;
  /** Rises with every seat that is taken in the channel. */
  readonly place: number;
}

const digits = 36;

/** A place as clients are given it. */
export function formatPagePlace({ epoch, place }: PagePlace): string {
  return `${place.toString(digits)}.${epoch}`;
}

/** What a client brings back as a place; `undefined` when it is none of ours. */
export function parsePagePlace(text: string): PagePlace | undefined {
  const dot = text.indexOf(".");
  const number = text.slice(0, Math.max(dot, 0));
  if (!/^[0-9a-z]{1,10}$/.test(number)) return undefined;
  return { epoch: text.slice(dot + 1), place: Number.parseInt(number, digits) };
}
