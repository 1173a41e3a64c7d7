/** Patterns of channels: `*` stands for any characters, also none, and everything else for itself. */

/** A pattern that is ready to be matched. */
export interface Pattern {
  /** Whether it has no `*`, and so matches one name. */
  readonly isExact: boolean;
  /** How many characters stand for themselves: the more, the more specific. */
  readonly literals: number;
  matches(name: string): boolean;
}

/** Makes a pattern ready. Matching takes one pass over the name: what is found first leaves most for what follows. */
export function createPattern(text: string): Pattern {
  const [first = "", ...more] = text.split("*");
  const last = more.pop();
  const literals = text.length - (text.split("*").length - 1);
  if (last === undefined) return { isExact: true, literals, matches: (name) => name === text };
  return {
    isExact: false,
    literals,
    matches: (name) =>
      name.length >= literals && name.startsWith(first) && name.endsWith(last) && hasBetween(name, more),
  };

  function hasBetween(name: string, parts: readonly string[]): boolean {
    const end = name.length - (last ?? "").length;
    let from = first.length;
    for (const part of parts) {
      const at = name.indexOf(part, from);
      if (at < 0 || at + part.length > end) return false;
      from = at + part.length;
    }
    return from <= end;
  }
}
