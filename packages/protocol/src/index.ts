/** The vocabulary of Hereabouts: names, timetokens, commands, outcomes, events, faults. */
export * from "./filter/ast.ts";
export * from "./model/command.ts";
export * from "./model/fault.ts";
export * from "./model/json.ts";
export * from "./model/limits.ts";
export * from "./model/names.ts";
export * from "./model/outcome.ts";
export * from "./model/presence-event.ts";
export * from "./model/timetoken.ts";
