/** What the command line of `npm run sim` asks for. */
import { describe, expect, test } from "vitest";
import { parseOptions } from "./options.ts";

const usual = { from: 1, seeds: 200, replay: undefined, engine: "embedded" };

describe("the options of the simulation", () => {
  test.each([
    ["", usual],
    ["--engine embedded", usual],
    ["--engine redis", { ...usual, engine: "redis" }],
    ["--engine redis --from 7 --seeds 3", { ...usual, from: 7, seeds: 3, engine: "redis" }],
    ["--seed 0", { ...usual, replay: 0 }],
    ["--seed 19 --engine redis", { ...usual, replay: 19, engine: "redis" }],
    ["--help", "help"],
    ["--seeds 3 -h", "help"],
  ])("%s are read", (line, options) => {
    expect(parseOptions(line.split(" ").filter(Boolean))).toEqual(options);
  });

  test.each([
    ["--engine", '--engine needs embedded or redis, not "".'],
    ["--engine valkey", '--engine needs embedded or redis, not "valkey".'],
    ["--engine Redis", '--engine needs embedded or redis, not "Redis".'],
    ["--engines redis", "Unknown option --engines. See npm run sim -- --help."],
    ["--seeds 0", '--seeds needs a whole number from 1 to 4294967295, not "0".'],
    ["--from 4294967296", '--from needs a whole number from 0 to 4294967295, not "4294967296".'],
    ["--seed 1.5", '--seed needs a whole number from 0 to 4294967295, not "1.5".'],
    ["--seed", '--seed needs a whole number from 0 to 4294967295, not "".'],
    ["--seed 3 --from 2", "--seed replays one seed: it stands alone."],
  ])("%s is refused, and why", (line, reason) => {
    expect(parseOptions(line.split(" "))).toBe(reason);
  });
});
