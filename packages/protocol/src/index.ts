/** The vocabulary of Hereabouts: names, timetokens, commands, outcomes, events, faults, filters. */

// For users.
export type { BinaryOperator, Filter } from "./filter/ast.ts";
export { type FilterInput, passes } from "./filter/evaluate.ts";
export { parseFilter } from "./filter/parse.ts";
export type {
  Caller,
  CarriedState,
  ChangeGroupCommand,
  Command,
  CommandKind,
  CommandOf,
  DeleteGroupCommand,
  GetStateCommand,
  GlobalHereNowCommand,
  HeartbeatCommand,
  HereNowCommand,
  LeaveCommand,
  ListGroupCommand,
  ListGroupsCommand,
  PreflightCommand,
  PublishCommand,
  SetStateCommand,
  SignalCommand,
  SubscribeCommand,
  Targets,
  TimeCommand,
  WhereNowCommand,
} from "./model/command.ts";
export { type Fault, type FaultCode, failure, type Result, success } from "./model/fault.ts";
export { emptyState, type JsonText, parseJsonText, parseState, type State } from "./model/json.ts";
// For sibling packages.
export {
  bodyBytesMax,
  channelsPerRequestMax,
  customMessageTypeCharactersMax,
  filterCharactersMax,
  filterDepthMax,
  filterTextCharactersMax,
  groupsPerRequestMax,
  hereNowLimitMax,
  messageBytesMax,
  nameCharactersMax,
  presenceTimeoutSecondsMax,
  presenceTimeoutSecondsMin,
  signalBytesMax,
  stateBytesMax,
  targetBytesMax,
  wildcardDotsMax,
} from "./model/limits.ts";
export {
  baseName,
  type Channel,
  type DeviceId,
  type Group,
  isPresenceName,
  isWildcard,
  nameProblem,
  type PublishKey,
  presenceChannel,
  presenceSuffix,
  type SubscribeKey,
  type UserId,
  userIdProblem,
  wildcardsOf,
} from "./model/names.ts";
export type {
  ChannelOccupancy,
  Delivery,
  HereNowOutcome,
  Item,
  MessageItem,
  Occupant,
  OccupantRun,
  OutcomeOf,
  Outcomes,
  PresenceItem,
  SubscribeOutcome,
} from "./model/outcome.ts";
export { own } from "./model/own.ts";
export { formatPagePlace, type PagePlace, parsePagePlace } from "./model/page-place.ts";
export type {
  IntervalEvent,
  JoinEvent,
  LeaveEvent,
  PresenceEvent,
  StateChangeEvent,
  TimeoutEvent,
} from "./model/presence-event.ts";
export { Recent } from "./model/recent.ts";
export {
  formatTimetoken,
  parseTimetoken,
  type Timetoken,
  timetokenAt,
  timetokensPerMs,
  zeroTimetoken,
} from "./model/timetoken.ts";
