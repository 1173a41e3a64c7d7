import { describe, expect, test } from "vitest";
import { initialStreamState, type StreamInput, stepStream } from "../../src/machine/stream.ts";

const offered: StreamInput = { type: "offered", isOffered: true };
const wanted: StreamInput = { type: "wanted" };
const ready: StreamInput = { type: "ready" };
const broken: StreamInput = { type: "broken" };
const ended = (pauseMs = 0): StreamInput => ({ type: "ended", pauseMs });
const away: StreamInput = { type: "away" };

/** Takes steps; numbers are milliseconds that pass between them. Returns the phase and when the next may be tried. */
function run(...inputs: readonly (StreamInput | number)[]): readonly [phase: string, inMs: number] {
  let state = initialStreamState;
  let now = 0;
  for (const input of inputs) {
    if (typeof input === "number") now += input;
    else state = stepStream(state, input, { now, dice: 0 });
  }
  return [state.phase, state.notBefore - now];
}

describe("a stream", () => {
  const rows: readonly [
    name: string,
    inputs: readonly (StreamInput | number)[],
    expected: readonly [string, number],
  ][] = [
    ["is not opened before the server has offered one", [wanted], ["closed", 0]],
    ["is opened for the first poll after the offer", [offered, wanted], ["opening", 0]],
    [
      "is not opened when the offer is withdrawn",
      [offered, { ...offered, isOffered: false }, wanted],
      ["closed", 0],
    ],
    ["is not opened twice", [offered, wanted, ready, wanted], ["up", 0]],
    ["that is ready says so once", [offered, wanted, ready, 5_000, ready, broken], ["closed", 0]],
    [
      "that is refused is tried again after two minutes at most",
      [offered, wanted, broken],
      ["closed", 120_000],
    ],
    ["that is refused is not tried before", [offered, wanted, broken, 119_999, wanted], ["closed", 1]],
    ["that is refused is tried then", [offered, wanted, broken, 120_000, wanted], ["opening", 0]],
    [
      "that is refused twice waits twice as long",
      [offered, wanted, broken, 120_000, wanted, broken],
      ["closed", 240_000],
    ],
    [
      "that is refused again and again waits two hours at most",
      [offered, ...Array.from({ length: 12 }, () => [wanted, broken, 7_200_000]).flat(), wanted, broken],
      ["closed", 7_200_000],
    ],
    ["that breaks at once has failed", [offered, wanted, ready, 4_999, broken], ["closed", 120_000]],
    ["that breaks later is tried at once", [offered, wanted, ready, 5_000, broken], ["closed", 0]],
    [
      "that has lived is forgiven what was before",
      [offered, wanted, broken, 120_000, wanted, ready, 5_000, broken],
      ["closed", 0],
    ],
    ["that has to move is opened at once", [offered, wanted, ready, ended(), wanted], ["opening", 0]],
    [
      "that the server ends waits as long as asked for",
      [offered, wanted, ready, ended(700)],
      ["closed", 700],
    ],
    ["that fails where requests do is not to blame", [offered, wanted, broken, away], ["closed", 0]],
  ];
  test.each(rows)("%s", (_name, inputs, expected) => {
    expect(run(...inputs)).toEqual(expected);
  });

  test("is tried again after a minute at least", () => {
    const opening = { ...initialStreamState, phase: "opening" } as const;
    expect(stepStream(opening, broken, { now: 0, dice: 1 }).notBefore).toBe(60_000);
  });
});
