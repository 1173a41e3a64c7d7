/** A coloured disc with initials. */

/** Draws the disc of a name: the same name has the same colour everywhere. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span className="avatar" aria-hidden="true" style={{ "--hue": hueOf(name) } as React.CSSProperties}>
      {initialsOf(name)}
    </span>
  );
}

/** The first letters of the first and the last word, or the first two of the only one. */
export function initialsOf(name: string): string {
  const [first = "", ...more] = name.split(/[\s._-]+/).filter((word) => word !== "");
  const last = more.at(-1);
  const letters = last === undefined ? [...first].slice(0, 2) : [[...first][0], [...last][0]];
  return letters.join("").toUpperCase();
}

/** An angle in degrees, from every letter of the name: names that differ little get colours that differ much. */
function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 8) % 360;
}
