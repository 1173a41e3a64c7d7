/** The engine of one process: the ledger behind the ports, SQLite for what must outlast it. */
export { type EmbeddedEngineOptions, openEmbeddedEngine } from "./engine.ts";
