// Keeps the README's examples equal to the files they are taken from.
// `node scripts/readme.mjs` writes them in; `node scripts/readme.mjs --check` fails when they differ.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const readme = new URL("README.md", root);
const block = /<!-- (examples\/[\w./-]+) -->\n```(\w+)\n[\s\S]*?```/g;

const text = readFileSync(readme, "utf8");
const filled = text.replace(block, (_, path, language) => {
  const source = readFileSync(new URL(path, root), "utf8");
  return `<!-- ${path} -->\n\`\`\`${language}\n${source}\`\`\``;
});

if (process.argv.includes("--check")) {
  if (filled !== text) {
    console.error(`${fileURLToPath(readme)} differs from the examples it shows: run node scripts/readme.mjs`);
    process.exit(1);
  }
} else {
  writeFileSync(readme, filled);
}
