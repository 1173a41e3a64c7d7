/** What the tests of Hereabouts stand on: time and dice in the test's hand, worlds to test in, servers to speak to. */
export * from "./client.ts";
export * from "./deadline.ts";
export * from "./observer.ts";
export * from "./raw-http.ts";
export * from "./runtimes.ts";
export * from "./seeded-random.ts";
export * from "./server-process.ts";
export * from "./targets.ts";
export * from "./test-clock.ts";
export { type Composition, type CompositionOptions, openComposition } from "./worlds/composition.ts";
export * from "./worlds/open-world.ts";
export {
  type Closing,
  type MemoryDoor,
  memoryDoor,
  openSocketStream,
  type TestStream,
} from "./worlds/test-stream.ts";
export * from "./worlds/world.ts";
