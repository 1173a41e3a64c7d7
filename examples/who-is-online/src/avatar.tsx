/** A coloured disc with initials. */

/** Draws the disc of a name: the same name has the same colour everywhere. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span className="avatar" aria-hidden="true" style={{ "--hue": hueOf(name) } as React.CSSProperties}>
      {initialsOf(name)}
    </span>
  );
}

/** The first letters of the first two words, or the first two of the only one. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => word !== "");
  const [first = "", second] = words;
  const letters = second === undefined ? [...first].slice(0, 2) : [[...first][0], [...second][0]];
  return letters.join("").toUpperCase();
}

function hueOf(name: string): number {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 3_600;
  // A step of the golden angle: names that differ little get colours that differ much.
  return Math.round((hash * 137.5) % 360);
}
