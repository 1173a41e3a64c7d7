/** Where things are in the repository. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's directory. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What scripts make and may lose: never committed. */
export const cache = join(root, ".cache");
