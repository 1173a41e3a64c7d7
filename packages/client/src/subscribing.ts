/** `subscribe`, as users call it: checks what it is given. */
import type { SubscribeOptions, Subscription } from "./api.ts";
import type { Connection } from "./connection.ts";
import { coverageOf } from "./matching.ts";
import { checkTargets, refuse } from "./names.ts";

/** Makes `subscribe`. */
export function createSubscribe<State, Message>(
  connection: Connection<State, Message>,
): (options: SubscribeOptions<State>) => Subscription<State, Message> {
  return (options) => {
    const { state, filter, withPresence } = options;
    if (filter === "") refuse("filter is empty");
    return connection.subscribe({
      coverage: coverageOf(checkTargets(options), withPresence),
      filter,
      state,
    });
  };
}
