/** Opens the embedded engine as the conformance suite wants it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { OpenEngine } from "@hereabouts/testkit/conformance";
import { afterAll } from "vitest";

let lives = 0;

/** Engines that keep nothing. */
export const openInMemory: OpenEngine = ({ now }) => {
  lives += 1;
  return openEmbeddedEngine({ path: ":memory:", now, epoch: `life-${lives}` });
};

/** Engines in directories under a temporary one, which goes when the file's tests are over. */
export function openOnDisk(): OpenEngine {
  const root = mkdtempSync(join(tmpdir(), "hereabouts-conformance-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return ({ now, place }) => {
    lives += 1;
    return openEmbeddedEngine({ path: join(root, place), now, epoch: `life-${lives}`, warn: fail });
  };
}

function fail(message: string): void {
  throw new Error(`the engine warned: ${message}`);
}
