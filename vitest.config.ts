// How the tests run: by Node's own loader (so that a test meets the same TypeScript limits as a user's handler does, and
// worker threads start from the sources), each file in a process of its own; live tests after all others, and those that keep every core busy
// last and one at a time.

import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/longest-first.ts";
import { RetriedReporter } from "./scripts/retried-reporter.ts";

/** Each opens a Chromium. */
const pageTests = "test/page/**/*.test.ts";
const clientTests = "test/clients/**/*.test.ts";
const liveTests = ["test/live/**/*.test.ts", "test/bug-classes/live/**/*.test.ts", clientTests, pageTests];
const aloneTests = [
  "test/live/{many,queues-long,debugger}.test.ts",
  "test/live/*hundred-thousand*.test.ts",
  "test/bug-classes/live/**/*.test.ts",
];
const neverTests = ["**/node_modules/**", "dist/**", "examples/**", ".cache/**"];
const liveTimes = { testTimeout: 120_000, hookTimeout: 60_000 };
// Set by `npm test`: the file for the report that it counts by.
const reportFile = process.env["MILLRACE_TEST_REPORT"];
// Set by `npm test -- --without-clients`.
if (process.env["MILLRACE_TEST_WITHOUT_CLIENTS"] !== undefined) neverTests.push(clientTests);

export default defineConfig({
  test: {
    pool: "forks",
    experimental: { viteModuleRunner: false },
    setupFiles: ["test/no-leftovers.ts"],
    globalSetup: ["test/brokers/global-setup.ts"],
    // Many start, stop and kill real brokers and processes under the machine's own clock, and it may be busy with something else: each may be
    // tried once more, and which one needed it is said aloud.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 15_000,
    sequence: { sequencer: LongestFirst },
    // A focused test would pass for the whole suite; `test/tidy.test.ts` says so too.
    allowOnly: process.env["CI"] === undefined,
    reporters: [
      "default",
      new RetriedReporter(),
      ...(reportFile === undefined ? [] : [["json", { outputFile: reportFile }] satisfies [string, unknown]]),
    ],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...neverTests, ...liveTests],
          // Vitest leaves one core for itself, so that on two of them files would run one after another: itself it only waits.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        extends: true,
        test: {
          name: "live",
          include: liveTests,
          exclude: [...neverTests, ...aloneTests],
          // They start servers and threads of their own, and wait for clocks, brokers and processes more than they compute.
          maxWorkers: 2,
          ...liveTimes,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: aloneTests,
          exclude: neverTests,
          fileParallelism: false,
          ...liveTimes,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
