/**
 * Reads what a thousand observers of the same channel are told without parsing it a thousand times: the first observer
 * settles the sequence of units, the others are held against it byte by byte.
 */

/** What was found in a unit, and where the next is to be looked for. */
interface Unit<Content> {
  readonly bytes: Buffer;
  readonly content: Content;
}

/** The sequence of units that all observers are told, with what each says. */
export class Units<Content> {
  readonly #read: (text: string) => Content;
  #sequence: Unit<Content>[] = [];

  constructor(read: (text: string) => Content) {
    this.#read = read;
  }

  /** How many units there are: where an observer that comes now begins. */
  get length(): number {
    return this.#sequence.length;
  }

  /** What the unit at a place of the sequence says, when the bytes are it; else what the bytes say. */
  at(place: number, bytes: Buffer, start: number, end: number): Content {
    const known = this.#sequence[place];
    if (known !== undefined && known.bytes.length === end - start) {
      if (bytes.compare(known.bytes, 0, known.bytes.length, start, end) === 0) return known.content;
    }
    const copy = Buffer.from(bytes.subarray(start, end));
    const content = this.#read(copy.toString("utf8"));
    if (known === undefined && place === this.#sequence.length) this.#sequence.push({ bytes: copy, content });
    return content;
  }
}

/** Calls `run` for each unit of a frame: the frame itself, or its lines. */
export function eachUnit(
  bytes: Buffer,
  start: number,
  end: number,
  hasLines: boolean,
  run: (start: number, end: number) => void,
): void {
  if (!hasLines) {
    run(start, end);
    return;
  }
  // The buffer is much longer than the frame: what lies behind it must not be searched.
  const frame = bytes.subarray(start, end);
  let from = 0;
  while (from < frame.length) {
    const found = frame.indexOf(10, from);
    const to = found < 0 ? frame.length : found;
    if (to > from) run(start + from, start + to);
    from = to + 1;
  }
}
