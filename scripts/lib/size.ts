/** How large a program gets in a browser: bundled, minified and gzipped. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./root.mjs";

/** What is measured, and how many bytes it may have. A change of a budget is a decision, and shows in review. */
export const budgets: readonly {
  readonly name: string;
  readonly entry: string;
  readonly bytesMax: number;
}[] = [
  { name: "core", entry: "packages/client/src/core.ts", bytesMax: 8_192 },
  { name: "everything", entry: "packages/client/src/index.ts", bytesMax: 12_500 },
];

/** Bytes of an entry with all it imports, gzipped with level 9. `entry` is a path from the root. */
export async function sizeOf(entry: string): Promise<number> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    root: join(root, "packages/client"),
    build: {
      write: false,
      target: "es2022",
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: join(root, entry), preserveEntrySignatures: "strict" },
    },
  });
  const outputs = Array.isArray(built) ? built : [built];
  const files = outputs.flatMap((one) => ("output" in one ? one.output : []));
  const code = files.flatMap((file) => (file.type === "chunk" ? [file.code] : []));
  if (code.length !== 1) throw new Error(`${entry} became ${code.length} files instead of one.`);
  return gzipSync(code.join(""), { level: 9 }).length;
}
