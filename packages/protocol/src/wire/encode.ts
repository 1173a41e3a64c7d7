/** From an outcome to a reply. */
import type { CommandKind, CommandOf } from "../model/command.ts";
import type { OutcomeOf } from "../model/outcome.ts";
import { encodeGroupChange, encodeListGroup, encodeListGroups } from "./encode-groups.ts";
import { encodeHeartbeat } from "./encode-heartbeat.ts";
import { encodeGlobalHereNow, encodeHereNow } from "./encode-here-now.ts";
import { encodeLeave } from "./encode-leave.ts";
import { encodePreflight } from "./encode-preflight.ts";
import { encodePublish, encodeSignal } from "./encode-publish.ts";
import { encodeGetState, encodeSetState } from "./encode-state.ts";
import { encodeSubscribe } from "./encode-subscribe.ts";
import { encodeTime } from "./encode-time.ts";
import { encodeWhereNow } from "./encode-where-now.ts";
import type { WireResponse } from "./http.ts";

type Encoders = {
  readonly [Kind in CommandKind]: (command: CommandOf<Kind>, outcome: OutcomeOf<Kind>) => WireResponse;
};

const encoders: Encoders = {
  time: encodeTime,
  subscribe: encodeSubscribe,
  heartbeat: encodeHeartbeat,
  leave: encodeLeave,
  "here-now": encodeHereNow,
  "global-here-now": encodeGlobalHereNow,
  "where-now": encodeWhereNow,
  "set-state": encodeSetState,
  "get-state": encodeGetState,
  "list-groups": encodeListGroups,
  "list-group": encodeListGroup,
  "change-group": encodeGroupChange,
  "delete-group": encodeGroupChange,
  publish: encodePublish,
  signal: encodeSignal,
  preflight: encodePreflight,
};

/** What a command came to, as a reply. */
export function encodeOutcome<Kind extends CommandKind>(
  command: CommandOf<Kind> & { readonly kind: Kind },
  outcome: OutcomeOf<Kind>,
): WireResponse {
  const encode: Encoders[Kind] = encoders[command.kind];
  return encode(command, outcome);
}
