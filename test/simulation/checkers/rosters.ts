/** After quiet every roster of the SDK is whole and is what the engine says. */
import type { Checker, Problem } from "../history.ts";
import { difference } from "./fold.ts";

const checker = "rosters";

/** Compares every roster with the engine. */
export const rosters: Checker = ({ quiets }) =>
  quiets.flatMap(({ engine, rosters: all, step }) =>
    all.flatMap(({ who, channel, users, occupancy, isComplete }) => {
      const right = engine.find((picture) => picture.channel === channel);
      const differs = difference(users, right?.users ?? new Map());
      const problems = [
        ...(isComplete ? [] : ["is not whole"]),
        ...(differs === undefined ? [] : [differs]),
        ...(occupancy === right?.occupancy ? [] : [`counts ${occupancy}, not ${right?.occupancy}`]),
      ];
      return problems.map(
        (problem): Problem => ({ checker, step, message: `${who}'s roster of ${channel}: ${problem}` }),
      );
    }),
  );
