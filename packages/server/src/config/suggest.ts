/** Finds what somebody may have meant by a misspelt name. */

/**
 * The known name that a misspelt one most likely stands for, or `undefined` when none is near: one of which it is a
 * part at the beginning, else the one fewest edits away. Case, `-` and `_` do not count.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plainName = plain(name);
  const longer = known.find((candidate) => plainName.length > 2 && plain(candidate).startsWith(plainName));
  if (longer !== undefined) return longer;
  const distanceMax = Math.max(2, Math.floor(plainName.length / 3));
  let best: string | undefined;
  let bestDistance = distanceMax + 1;
  for (const candidate of known) {
    const distance = editDistance(plainName, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** What to add to a message about an unknown name: a guess, or the whole choice. */
export function hint(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return guess === undefined ? `known are ${known.join(", ")}` : `did you mean ${guess}?`;
}

function plain(name: string): string {
  // A name is compared in time that grows with its square: nobody means something known by a very long one.
  return name
    .slice(0, 100)
    .toLowerCase()
    .replace(/^hereabouts_|[-_]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
