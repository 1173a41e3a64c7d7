/** The answer to a user who sits in as many channels as one may. */
import { seatsPerUserMax, type Touched } from "@hereabouts/core";
import { failure, type Result, type UserId } from "@hereabouts/protocol";

/** What to answer when a touch gave no seat in some channels; `undefined` when it did in all. The others are taken. */
export function overLimit(touched: Touched | undefined, user: UserId | undefined): Result<never> | undefined {
  if (touched === undefined || touched.channelsOverLimit.length === 0) return undefined;
  const [first, ...more] = touched.channelsOverLimit;
  const channels = more.length === 0 ? `"${first}"` : `"${first}" and ${more.length} more channels`;
  return failure(
    "invalid-argument",
    `User "${user}" sits in ${seatsPerUserMax} channels, which is the most there may be: no seat in ${channels}.`,
  );
}
