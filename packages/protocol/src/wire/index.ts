/** The wire codec: requests to commands, outcomes and faults to replies. */
export * from "./http.ts";
