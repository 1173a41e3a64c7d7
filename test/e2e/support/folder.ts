/** A directory that lives as long as a test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh directory, deleted when disposed of. */
export interface Folder extends Disposable {
  readonly path: string;
  /** The path of something in it. */
  join(name: string): string;
}

/** Makes one. */
export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "hereabouts-e2e-"));
  return {
    path,
    join: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
