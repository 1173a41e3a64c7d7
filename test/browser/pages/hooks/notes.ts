/** What scenes have noted, for tests to read. */

/** In the order of noting. */
export const notes: string[] = [];

/** Notes a line. */
export function note(line: string): void {
  notes.push(line);
}
