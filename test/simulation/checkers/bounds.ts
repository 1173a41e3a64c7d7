/** What is under way at any moment is bounded by how many clients and nodes there are. */
import type { Checker, Problem } from "../history.ts";

const checker = "bounds";

/** Polls that a client may have at nodes: its own, a copy, and those whose end the node has not been told of yet. */
const pollsPerClientMax = 8;
const watchesPerPollMax = 2;
const callsPerClientMax = 30;
const timersPerClientMax = 60;

/** Looks at every gauge. */
export const bounds: Checker = ({ gauges, terms: { clients, nodes } }) =>
  gauges.flatMap(({ step, ...gauge }) => {
    const rows: readonly (readonly [string, number, number])[] = [
      ["polls that are waited for", gauge.openPolls, clients * 2],
      ["held polls", gauge.heldPolls, clients * pollsPerClientMax],
      ["watches", gauge.watches, clients * pollsPerClientMax * watchesPerPollMax + 2 * nodes],
      ["calls to the engine", gauge.engineCalls, clients * callsPerClientMax],
      ["timers", gauge.timers, clients * timersPerClientMax],
    ];
    return rows
      .filter(([, is, max]) => is > max)
      .map(
        ([what, is, max]): Problem => ({
          checker,
          step,
          message: `${is} ${what}, and at most ${max} may be`,
        }),
      );
  });
