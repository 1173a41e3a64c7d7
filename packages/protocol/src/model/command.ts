/** Everything a client can ask, decoded. Names are checked, lists are free of duplicates. */
import type { Filter } from "../filter/ast.ts";
import type { JsonText, State } from "./json.ts";
import type { Channel, DeviceId, Group, PublishKey, SubscribeKey, UserId } from "./names.ts";
import type { PagePlace } from "./page-place.ts";
import type { Timetoken } from "./timetoken.ts";

/** Who asks. */
export interface Caller {
  readonly subscribeKey: SubscribeKey;
  /** `uuid`: who the client says it is; absent for a plain observer. */
  readonly user: UserId | undefined;
  /** `instanceid`: which of the user's clients it is; absent for most. */
  readonly device: DeviceId | undefined;
}

/**
 * The channels and groups a request names, as written: a subscribe may name presence channels (`a-pnpres`), wildcard
 * channels (`a.*`) and group presence (`g-pnpres`).
 */
export interface Targets {
  readonly channels: readonly Channel[];
  readonly groups: readonly Group[];
}

/**
 * The state that a subscribe or heartbeat carries: by channel or group name, or one state for every channel named
 * (what a client's set state "with heartbeat" sends; wire specification § 5).
 */
export type CarriedState =
  | { readonly kind: "by-name"; readonly states: ReadonlyMap<string, State> }
  | { readonly kind: "every-channel"; readonly state: State };

/** `GET /time/0`. */
export interface TimeCommand {
  readonly kind: "time";
}

/** Subscribe v2, wire specification § 4. */
export interface SubscribeCommand extends Caller, Targets {
  readonly kind: "subscribe";
  /** The cursor; zero is a handshake. */
  readonly after: Timetoken;
  /** `heartbeat`: the presence timeout asked for, in seconds, already within its range. */
  readonly timeoutSeconds: number | undefined;
  readonly state: CarriedState | undefined;
  readonly filter: Filter | undefined;
  /** Whether to tell what our own SDK knows how to use: that streams are to be had. */
  readonly includeDetails: boolean;
}

/** Heartbeat, wire specification § 5. */
export interface HeartbeatCommand extends Caller, Targets {
  readonly kind: "heartbeat";
  readonly user: UserId;
  readonly timeoutSeconds: number | undefined;
  readonly state: CarriedState | undefined;
}

/** Leave, wire specification § 6. */
export interface LeaveCommand extends Caller, Targets {
  readonly kind: "leave";
  readonly user: UserId;
}

/** Here now for named channels and groups, wire specification § 7. */
export interface HereNowCommand extends Caller, Targets {
  readonly kind: "here-now";
  /** One channel and no `channel-group` parameter: the single form of the answer. */
  readonly single: boolean;
  readonly includeState: boolean;
  readonly includeUsers: boolean;
  readonly limit: number;
  readonly offset: number;
  /** Whether to tell what rosters are kept by: revisions, and since when and on how many devices users are there. */
  readonly includeDetails: boolean;
  /** Where the page before ended, in place of an offset: an extension, for the single form. */
  readonly after: PagePlace | undefined;
}

/** Here now for the whole keyset, wire specification § 8. */
export interface GlobalHereNowCommand extends Caller {
  readonly kind: "global-here-now";
  readonly includeState: boolean;
  readonly includeUsers: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly includeDetails: boolean;
}

/** Where now, wire specification § 9. `target` is who is asked about. */
export interface WhereNowCommand extends Caller {
  readonly kind: "where-now";
  readonly target: UserId;
}

/** Set state, wire specification § 10. `target` is whose state is set. */
export interface SetStateCommand extends Caller, Targets {
  readonly kind: "set-state";
  readonly target: UserId;
  readonly state: State;
}

/** Get state, wire specification § 11. */
export interface GetStateCommand extends Caller, Targets {
  readonly kind: "get-state";
  readonly target: UserId;
  /** One channel and no `channel-group` parameter: the single form of the answer. */
  readonly single: boolean;
}

/** Lists a keyset's groups, wire specification § 12. */
export interface ListGroupsCommand extends Caller {
  readonly kind: "list-groups";
}

/** Lists a group's channels. */
export interface ListGroupCommand extends Caller {
  readonly kind: "list-group";
  readonly group: Group;
}

/** Adds channels to a group and removes channels from it; adds first. */
export interface ChangeGroupCommand extends Caller {
  readonly kind: "change-group";
  readonly group: Group;
  readonly add: readonly Channel[];
  readonly remove: readonly Channel[];
}

/** Deletes a group. */
export interface DeleteGroupCommand extends Caller {
  readonly kind: "delete-group";
  readonly group: Group;
}

/** Publish by GET or POST, wire specification § 13. */
export interface PublishCommand extends Caller {
  readonly kind: "publish";
  readonly publishKey: PublishKey;
  readonly channel: Channel;
  readonly payload: JsonText;
  readonly meta: JsonText | undefined;
  readonly customMessageType: string | undefined;
  /** `seqn`, 1 when absent. */
  readonly sequence: number;
  /** `ortt`: the publisher's own time of origin. */
  readonly origin: Timetoken | undefined;
  /** `ptto`: the timetoken the publisher wants to be told. */
  readonly timetokenOverride: Timetoken | undefined;
  /** A "fire" (`store=0&norep=1`): taken, not delivered to subscribers. */
  readonly fire: boolean;
}

/** Signal, wire specification § 14. */
export interface SignalCommand extends Caller {
  readonly kind: "signal";
  readonly publishKey: PublishKey;
  readonly channel: Channel;
  readonly payload: JsonText;
  readonly customMessageType: string | undefined;
}

/** CORS preflight of any path. */
export interface PreflightCommand {
  readonly kind: "preflight";
  /** The headers the browser asked for, to be allowed. */
  readonly requestedHeaders: string | undefined;
}

/** Everything a client can ask. */
export type Command =
  | TimeCommand
  | SubscribeCommand
  | HeartbeatCommand
  | LeaveCommand
  | HereNowCommand
  | GlobalHereNowCommand
  | WhereNowCommand
  | SetStateCommand
  | GetStateCommand
  | ListGroupsCommand
  | ListGroupCommand
  | ChangeGroupCommand
  | DeleteGroupCommand
  | PublishCommand
  | SignalCommand
  | PreflightCommand;

/** What kinds of command there are. */
export type CommandKind = Command["kind"];

/** The command of a kind. */
export type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;
