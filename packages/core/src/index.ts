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
  announceMaxMax,
  channelsPerGroupDefault,
  devicesPerSeatMax,
  disconnectGraceSecondsMax,
  emptyChannelRetentionMs,
  emptyChannelsPerKeysetMax,
  groupsPerKeysetMax,
  heldPollsMax,
  hereNowChannelsMax,
  hereNowOccupantsMax,
  intervalSecondsMax,
  itemsPerAnswerMax,
  logEntriesPerChannelMax,
  logEntriesPerKeysetMax,
  logRetentionMs,
  ownJoinWindowMs,
  rulesMax,
  seatsPerUserMax,
  summaryBytesMax,
  sweepBatch,
  sweepEveryMs,
  tickBatch,
  wildcardsPerPatternMax,
} from "./limits.ts";
export { KeysetLog } from "./log/keyset-log.ts";
export { mergeRings, Ring } from "./log/ring.ts";
export { Watchers } from "./log/watchers.ts";
export {
  type ChannelSettings,
  defaultPolicy,
  type Keyset,
  type Policy,
  type PresenceAction,
  presenceActions,
  type Rule,
} from "./policy.ts";
export { policyProblems, ruleProblems, settingProblems } from "./policy-problems.ts";
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
  type Summing,
  type SummingOf,
  type TickBook,
  type Touched,
  type Waker,
  type Watch,
} from "./ports.ts";
export {
  type ChannelPolicy,
  isTracked,
  isUniform,
  ruleFor,
  summingFor,
  timeoutInRange,
  trackedBy,
  trackedOf,
} from "./rules.ts";
export { parseStoredPolicy } from "./stored-policy.ts";
export { Ticks } from "./ticks/ticks.ts";
