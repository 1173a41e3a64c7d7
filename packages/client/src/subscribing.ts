/** `subscribe`, as users call it: checks what it is given, and tells the own state when that has been checked. */
import type { StatusEvent, SubscribeOptions, Subscription } from "./api.ts";
import type { Connection } from "./connection.ts";
import { coverageOf } from "./matching.ts";
import { checkTargets, refuse } from "./names.ts";
import type { StateCheck } from "./state-check.ts";

/** What subscribing needs of a client. */
export interface SubscribingParts<State, Message> {
  readonly connection: Connection<State, Message>;
  readonly check: StateCheck<State>;
  readonly userId: string;
}

/** Makes `subscribe`. */
export function createSubscribe<State, Message>({
  connection,
  check,
  userId,
}: SubscribingParts<State, Message>): (options: SubscribeOptions<State>) => Subscription<State, Message> {
  return (options) => {
    const { state, filter, withPresence } = options;
    if (filter === "") refuse("filter is empty");
    const coverage = coverageOf(checkTargets(options), withPresence ? "with-presence" : "as-named");
    const checked = state === undefined ? undefined : check.outgoing(state);
    const { subscription, tell, status } = connection.subscribe({ coverage, filter });
    if (checked instanceof Promise) {
      checked.then(tell, (error) => {
        const [channel = ""] = [...coverage.seats].map((target) => target.slice(1));
        const event: StatusEvent = { type: "invalid-state", channel, userId, error };
        status(event);
        connection.statuses.emit(event);
      });
    } else if (checked) tell(checked);
    return subscription;
  };
}
