/** What the command's exit codes mean. */

/** The exit codes, by what they say. */
export const exitCodes: {
  readonly done: 0;
  /** It was understood and could not be done: a port in use, a directory that cannot be written. */
  readonly failed: 1;
  /** It was not understood, or may not be so: unknown flags, bad settings. Nothing was started. */
  readonly refused: 2;
} = { done: 0, failed: 1, refused: 2 };
