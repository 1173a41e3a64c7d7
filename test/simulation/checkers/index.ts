/** Every checker. */
import type { Checker } from "../history.ts";
import { answers } from "./answers.ts";
import { bounds } from "./bounds.ts";
import { delivery } from "./delivery.ts";
import { falseGone } from "./false-gone.ts";
import { hereNow } from "./here-now.ts";
import { intervals } from "./intervals.ts";
import { leaks } from "./leaks.ts";
import { leaves } from "./leaves.ts";
import { occupancy } from "./occupancy.ts";
import { rosters } from "./rosters.ts";
import { seatEnds } from "./seat-ends.ts";
import { timetokens } from "./timetokens.ts";

/** In the order in which their problems are most telling. */
export const checkers: readonly Checker[] = [
  timetokens,
  occupancy,
  seatEnds,
  falseGone,
  leaves,
  intervals,
  delivery,
  hereNow,
  rosters,
  answers,
  leaks,
  bounds,
];
