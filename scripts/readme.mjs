// Keeps the examples in READMEs equal to the files they are taken from.
// `node scripts/readme.mjs` writes them in; `node scripts/readme.mjs --check` fails when they differ.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const pages = ["README.md", "packages/client/README.md"];
const block = /<!-- (examples\/[\w./-]+) -->\n```(\w+)\n[\s\S]*?```/g;

for (const page of pages) {
  const readme = new URL(page, root);
  const text = readFileSync(readme, "utf8");
  const filled = text.replace(block, (_, path, language) => {
    const source = readFileSync(new URL(path, root), "utf8");
    return `<!-- ${path} -->\n\`\`\`${language}\n${source}\`\`\``;
  });
  if (!process.argv.includes("--check")) {
    writeFileSync(readme, filled);
  } else if (filled !== text) {
    console.error(`${fileURLToPath(readme)} differs from the examples it shows: run node scripts/readme.mjs`);
    process.exitCode = 1;
  }
}
