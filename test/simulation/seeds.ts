/** Seeds that have failed once: they run before all others, for good. What each found is said beside it. */
export const failedSeeds: readonly number[] = [];
