/** Replaces generated parts of a page. */

const part = /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- end of generated -->)/g;

/** A page with its generated parts replaced. Throws when a part is unknown, or one of these texts has no place. */
export function withGenerated(page: string, texts: ReadonlyMap<string, string>): string {
  const placed = new Set<string>();
  const result = page.replace(part, (_whole, begin: string, name: string, end: string) => {
    const text = texts.get(name);
    if (text === undefined) throw new Error(`The page has a place for ${name}, which nobody generates.`);
    placed.add(name);
    return `${begin}\n${text.trim()}\n\n${end}`;
  });
  for (const name of texts.keys()) {
    if (!placed.has(name)) throw new Error(`The page has no place for ${name}.`);
  }
  return result;
}
