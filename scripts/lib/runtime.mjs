/** The Node that runs the project's own TypeScript: 24 or newer, from the packages when this one is older. */
import { join } from "node:path";
import { findNode, runtimeArguments } from "../../packages/cli/bin/runtime.mjs";
import { root } from "./root.mjs";

/** `{ program }` of a Node 24 or newer, or `{ problem }`. */
export function tooling() {
  const node = findNode(join(root, "package.json"));
  if (node !== undefined) return node;
  return {
    problem:
      `This is Node.js ${process.versions.node}, and no Node.js 24 is packaged for ${process.platform}-${process.arch}. ` +
      "Install Node.js 24 or newer (https://nodejs.org) and try again.",
  };
}

/** Arguments that run a TypeScript file from the sources on Node. */
export function sourceArguments(entry) {
  return runtimeArguments("node", entry);
}
