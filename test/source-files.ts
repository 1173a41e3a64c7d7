/** The project's own files, for tests that look at the source itself. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("..", import.meta.url));
const passedOver: ReadonlySet<string> = new Set(["node_modules", "dist", "results", ".cache"]);

/** A file of the project. */
export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every file below these folders whose name ends like this, by path. A folder that is missing has none. */
export function filesBelow(folders: readonly string[], ending: RegExp): readonly SourceFile[] {
  return folders
    .flatMap((folder) => pathsBelow(join(root, folder)))
    .map((path) => ({ full: path, path: relative(root, path).split(sep).join("/") }))
    .filter(({ path }) => ending.test(path))
    .map(({ full, path }) => ({ path, text: readFileSync(full, "utf8") }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

function pathsBelow(folder: string): readonly string[] {
  let entries: ReturnType<typeof read>;
  try {
    entries = read(folder);
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return passedOver.has(entry.name) ? [] : pathsBelow(path);
    return [path];
  });
}

function read(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

/** A text with its comments blanked out, line for line. Knows strings, so that `"https://"` is no comment. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (whole, literal: string | undefined) => literal ?? whole.replace(/[^\n]/g, " "),
  );
}
