/** How the suites run: sources are read through the `source` export condition, without a build. */
import { defineConfig } from "vitest/config";

const conditions = ["source"];

/** Those that need no sockets. */
const casesOfTheService = [
  "devices",
  "expiry.property",
  "here-now-details",
  "roster.property",
  "seat-limit",
  "semantics-*",
  "stream-seats",
  "streams",
  "tenants",
  "wire-presence",
  "wire-state-groups-publish",
  "wire-subscribe",
].map((name) => `test/conformance/${name}.test.ts`);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "test/*.test.ts"],
          exclude: ["packages/engine-redis/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "redis",
          // The service's cases once more, on a real Redis instead of the embedded engine.
          include: ["packages/engine-redis/test/**/*.test.ts", ...casesOfTheService],
          env: { CONFORMANCE_ON: "redis" },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: "sim", include: ["test/simulation/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: "compat",
          include: ["test/compat/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: "packages",
          include: ["test/packages/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
