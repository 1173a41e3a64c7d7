/** Finding texts in texts in linear time, whatever the texts: filters and items come from strangers. */

/** Whether a text is as a pattern says. A star stands for any characters, none included; case does not count. */
export function isLike(text: string, pattern: string): boolean {
  const whole = text.toLowerCase();
  const parts = pattern.toLowerCase().split("*");
  const first = parts[0] ?? "";
  const last = parts[parts.length - 1] ?? "";
  if (parts.length === 1) return whole === first;
  const end = whole.length - last.length;
  if (end < first.length || !whole.startsWith(first) || !whole.endsWith(last)) return false;
  let at = first.length;
  // The leftmost place for each part leaves the most room for the next, so there is no going back.
  for (const part of parts.slice(1, -1)) {
    const found = indexOf(whole, part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** Whether a text has a part. */
export function isWithin(part: string, whole: string): boolean {
  return indexOf(whole, part, 0) >= 0;
}

/** Parts up to this length go to the engine's own search: at worst that many times the text's length. */
const shortPartCharacters = 16;

function indexOf(text: string, part: string, from: number): number {
  if (part.length <= shortPartCharacters) return text.indexOf(part, from);
  return knuthMorrisPratt(text, part, from);
}

function knuthMorrisPratt(text: string, part: string, from: number): number {
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    while (matched > 0 && part.charCodeAt(matched) !== code) matched = borders[matched - 1] ?? 0;
    if (part.charCodeAt(matched) === code) matched += 1;
    if (matched === part.length) return at + 1 - matched;
  }
  return -1;
}

/** For each prefix of a part: the length of its longest proper prefix that is its suffix too. */
function bordersOf(part: string): Uint32Array {
  const borders = new Uint32Array(part.length);
  let matched = 0;
  for (let at = 1; at < part.length; at += 1) {
    while (matched > 0 && part.charCodeAt(matched) !== part.charCodeAt(at))
      matched = borders[matched - 1] ?? 0;
    if (part.charCodeAt(matched) === part.charCodeAt(at)) matched += 1;
    borders[at] = matched;
  }
  return borders;
}
