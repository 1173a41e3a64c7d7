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
export {
  Ledger,
  type LedgerCounts,
  type LedgerOptions,
  type LedgerTouched,
  type RestoreOptions,
} from "./ledger.ts";
export * from "./limits.ts";
export { defaultPolicy, type Keyset, type Policy, policyProblems } from "./policy.ts";
export * from "./ports.ts";
