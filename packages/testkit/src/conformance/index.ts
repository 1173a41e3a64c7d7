/** The conformance of engines: whoever passes it cannot be told from the ledger. For Vitest only. */
export type { EngineTraits, OpenEngine, OpenEngineOptions } from "./bench.ts";
export { describeEngine } from "./describe-engine.ts";
export { describeEngineModel, type ModelOptions } from "./model/describe-model.ts";
