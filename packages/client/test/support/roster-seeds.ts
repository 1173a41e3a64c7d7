/** Seeds of the roster's property test that failed once. They are run before all others. */
export const seedsThatFailed: readonly number[] = [];
