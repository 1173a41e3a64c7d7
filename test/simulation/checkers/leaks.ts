/** No held poll and no watch leaks: when every client has gone, nothing is left of them. */
import type { Checker, Problem } from "../history.ts";

const checker = "leaks";

/** Looks at what is left after everybody has gone. */
export const leaks: Checker = ({ gauges, terms }) =>
  gauges
    .filter(({ isClosed }) => isClosed)
    .flatMap(({ step, heldPolls, openPolls, watches, engineCalls }) => {
      const left = [
        ...(heldPolls > 0 ? [`${heldPolls} polls are held`] : []),
        ...(openPolls > 0 ? [`${openPolls} polls are waited for`] : []),
        // Every node watches the keysets, and what others say of closed polls, and nothing else when nobody polls.
        ...(watches > terms.nodes * (terms.graceMs === undefined ? 1 : 2)
          ? [`${watches} watches are left to ${terms.nodes} nodes`]
          : []),
        // Every node may be in the middle of a sweep, and of summing up.
        ...(engineCalls > 2 * terms.nodes ? [`${engineCalls} calls to the engine are under way`] : []),
      ];
      return left.map((message): Problem => ({ checker, step, message }));
    });
