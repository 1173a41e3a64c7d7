/** Real dice; the only file that throws them. */
import { randomBytes } from "node:crypto";
import type { Random } from "@hereabouts/core";

/** Dice of the operating system. */
export function createSystemRandom(): Random {
  return { uint32: () => randomBytes(4).readUInt32LE() };
}
