import { describe, expect, it } from "vitest";
import { hint, nearest } from "../../src/config/suggest.ts";

const known = ["--port", "--poll-hold-seconds", "HEREABOUTS_HOST", "logLevel"];

describe("suggestions", () => {
  it("find what was meant through typing errors, case and signs", () => {
    expect(
      ["--prot", "--pollHoldSecond", "HEREABOUTS_HOTS", "loglevle", "--poll"].map((name) =>
        nearest(name, known),
      ),
    ).toEqual(["--port", "--poll-hold-seconds", "HEREABOUTS_HOST", "logLevel", "--poll-hold-seconds"]);
  });

  it("say nothing wild: what is near to nothing gets the whole choice", () => {
    expect(hint("--certificate", known)).toBe(
      "known are --port, --poll-hold-seconds, HEREABOUTS_HOST, logLevel",
    );
    expect(hint("x".repeat(1_000_000), ["a"])).toBe("known are a");
  });
});
