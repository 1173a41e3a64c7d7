/** How large the SDK gets in a browser: what a program imports of it, bundled, minified and gzipped. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, defaultClientConditions } from "vite";
import { withGenerated } from "./generated.ts";
import { root } from "./root.mjs";

/** What is measured, and how many bytes it may have. A change of a budget is a decision, and shows in review. */
export interface Budget {
  readonly name: string;
  /** An `export ... from`: the whole of a program. */
  readonly program: string;
  readonly bytesMax: number;
}

/** The budgets. The core's is never to be more than 8,000: that is what 8 kB are. */
export const budgets: readonly Budget[] = [
  budget("createCore", "@hereabouts/client/core", 7_950),
  budget("createCore, createCalls", "@hereabouts/client/core", 9_710),
  budget("createCore, createRosters", "@hereabouts/client/core", 10_620),
  budget("createCore, createStreams", "@hereabouts/client/core", 10_045),
  budget("createClient", "@hereabouts/client", 14_050),
];

function budget(names: string, entry: string, bytesMax: number): Budget {
  return { name: names, program: `export { ${names} } from "${entry}";`, bytesMax };
}

const programId = "the-program";

/** Bytes of a program with all it imports, gzipped with level 9. */
export async function sizeOf(program: string): Promise<number> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    root: join(root, "packages/client"),
    resolve: { conditions: ["source", ...defaultClientConditions] },
    plugins: [
      {
        name: programId,
        resolveId: (id) => (id === programId ? join(root, "packages/client", `${programId}.js`) : undefined),
        load: (id) => (id.endsWith(`${programId}.js`) ? program : undefined),
      },
    ],
    build: {
      write: false,
      target: "es2022",
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: programId, preserveEntrySignatures: "strict" },
    },
  });
  const outputs = Array.isArray(built) ? built : [built];
  const files = outputs.flatMap((one) => ("output" in one ? one.output : []));
  const code = files.flatMap((file) => (file.type === "chunk" ? [file.code] : []));
  if (code.length !== 1) throw new Error(`${program} became ${code.length} files instead of one.`);
  return gzipSync(code.join(""), { level: 9 }).length;
}

/** Where the sizes are shown. */
export const sizesPage: string = join(root, "packages/client/README.md");

/** That page with these sizes, in the order of the budgets, in it. */
export function withSizes(sizes: readonly number[]): string {
  const rows = budgets.map(({ name, program }, index) => {
    const entry = /"(.*)"/.exec(program)?.[1];
    return `| \`${name}\` of \`${entry}\` | ${((sizes[index] ?? 0) / 1_000).toFixed(1)} kB |`;
  });
  const table = ["| Imported | Minified and gzipped |", "|---|---|", ...rows].join("\n");
  return withGenerated(readFileSync(sizesPage, "utf8"), new Map([["sizes", table]]));
}
