/** The core of Hereabouts: ports, policy, limits. */
export * from "./limits.ts";
export * from "./policy.ts";
export * from "./ports.ts";
