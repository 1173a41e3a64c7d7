/** The core of Hereabouts: ledger, announcer, expansion, ports, policy, limits. */
export { announce } from "./announce.ts";
export { AssertionError, assert } from "./assert.ts";
export {
  expandStates,
  expandSubscription,
  expandTargets,
  type Match,
  type Members,
  type Subscription,
} from "./expand.ts";
export type {
  AbsenceRecord,
  LedgerChannelRecord,
  LedgerHeadRecord,
  LedgerRecord,
  SeatRecord,
} from "./ledger/snapshot.ts";
export { ledgerRecordProblem } from "./ledger/snapshot-check.ts";
export {
  Ledger,
  type LedgerCounts,
  type LedgerOptions,
  type LedgerTouched,
  type RestoreOptions,
} from "./ledger.ts";
export {
  absencesPerKeysetMax,
  channelsPerGroupDefault,
  devicesPerSeatMax,
  emptyChannelRetentionMs,
  emptyChannelsPerKeysetMax,
  groupsPerKeysetMax,
  heldPollsMax,
  hereNowChannelsMax,
  hereNowOccupantsMax,
  itemsPerAnswerMax,
  logEntriesPerChannelMax,
  logEntriesPerKeysetMax,
  logRetentionMs,
  ownJoinWindowMs,
  seatsPerUserMax,
  sweepBatch,
  sweepEveryMs,
} from "./limits.ts";
export { KeysetLog } from "./log/keyset-log.ts";
export { mergeRings, Ring } from "./log/ring.ts";
export { Watchers } from "./log/watchers.ts";
export { defaultPolicy, type Keyset, type Policy, policyProblems } from "./policy.ts";
export {
  type Cancel,
  type Change,
  type ChannelView,
  type Clock,
  type Engine,
  EngineError,
  type EventLog,
  type GroupStore,
  type Instant,
  type IntervalNotice,
  type KeysetStore,
  type LeaveRequest,
  type LogEntry,
  type LogPage,
  type OccupiedChannels,
  type Page,
  type PresenceStore,
  type Publication,
  type Random,
  type Scheduler,
  type SeatRequest,
  type StateRequest,
  type Touched,
  type Waker,
  type Watch,
} from "./ports.ts";
export { parseStoredPolicy } from "./stored-policy.ts";
