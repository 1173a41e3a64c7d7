/** What the tests of Hereabouts stand on: time and dice in the test's hand, worlds to test in. */
export * from "./seeded-random.ts";
export * from "./test-clock.ts";
