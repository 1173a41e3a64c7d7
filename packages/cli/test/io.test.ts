import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fileBytesMax, processIo } from "../src/io.ts";

const folder: string = mkdtempSync(join(tmpdir(), "hereabouts-io-"));
const { readText } = processIo();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("files", () => {
  it("are read as UTF-8, in whatever pieces they come", () => {
    const text = `${"x".repeat(65_535)}é\u{1f600}`;

    expect(readText(file("text", text))).toBe(text);
    expect(readText(file("empty", ""))).toBe("");
  });

  it.each([
    ["none", join(folder, "none"), "there is no such file"],
    ["a directory", folder, "it is a directory"],
    ["bytes", file("bytes", new Uint8Array([0xff, 0xfe, 0x00])), "it is not UTF-8 text"],
    [
      "a large one",
      file("large", new Uint8Array(fileBytesMax + 1)),
      `it is larger than ${fileBytesMax} bytes`,
    ],
  ])("that cannot be read say why: %s", (_name, path, reason) => {
    expect(() => readText(path)).toThrow(new Error(reason));
  });
});
