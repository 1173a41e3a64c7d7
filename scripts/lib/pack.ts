/** Packs the packages as they are published: what was built from a source that still exists, and nothing of the checkout. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { run } from "./run.mjs";

/** The packages that are published. */
export const published: readonly string[] = [
  "protocol",
  "core",
  "engine-embedded",
  "engine-redis",
  "server",
  "cli",
  "client",
  "react",
];

/** Packs a package into a folder; what `tsc -b` makes has to be there. Gives the tarball's path. */
export async function pack(name: string, into: string): Promise<string> {
  const from = join(root, "packages", name);
  const stage = join(into, name);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const extra of ["README.md", "bin", "lua"]) {
    if (existsSync(join(from, extra))) cpSync(join(from, extra), join(stage, extra), { recursive: true });
  }
  cpSync(join(root, "LICENSE"), join(stage, "LICENSE"));
  copyBuilt(from, stage);
  writeFileSync(
    join(stage, "package.json"),
    publishedManifest(readFileSync(join(from, "package.json"), "utf8")),
  );
  const { code, output } = await run("npm", ["pack", stage, "--pack-destination", into], {
    capture: true,
    shell: process.platform === "win32",
  });
  if (code !== 0) throw new Error(`npm pack ${name} failed:\n${output}`);
  const { version } = JSON.parse(readFileSync(join(stage, "package.json"), "utf8")) as { version: string };
  return join(into, `hereabouts-${name}-${version}.tgz`);
}

/** A manifest without the `source` condition, which leads to files of the checkout only. */
export function publishedManifest(text: string): string {
  const kept = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("source" in value)) return value;
    const { source: _, ...rest } = value;
    return rest;
  });
  return `${JSON.stringify(kept, null, 2)}\n`;
}

/** Modules and declarations, without maps (their sources are not published) and without what older builds left. */
function copyBuilt(from: string, stage: string): void {
  for (const file of readdirSync(join(from, "dist"), { recursive: true, encoding: "utf8" })) {
    const module = /^(.*?)(?:\.d\.ts|\.js)$/.exec(file)?.[1];
    if (module === undefined) continue;
    if (!["ts", "tsx"].some((ending) => existsSync(join(from, "src", `${module}.${ending}`)))) continue;
    const text = readFileSync(join(from, "dist", file), "utf8");
    mkdirSync(join(stage, "dist", file, ".."), { recursive: true });
    writeFileSync(join(stage, "dist", file), text.replace(/^\/\/# sourceMappingURL=.*\n?/m, ""));
  }
}
