// Where tests ask for the run's shared Redis. It is shared by all test files at once: use keys of your own (a random
// prefix), and start one of your own with `startBroker("redis", { own: true })` to kill or restart it.

import { MillraceError } from "../../src/errors.ts";

/** Carries from the setup to the tests why there is no broker. */
export const brokerProblemVariable = "MILLRACE_TEST_BROKER_PROBLEM";

/** Throws `broker-missing`, with the ways to mend it, if the run has none: such a test fails, and is never skipped. */
export function redisUrl(): string {
  const url = process.env["MILLRACE_TEST_REDIS_URL"];
  if (url !== undefined) return url;
  throw new MillraceError("broker-missing", process.env[brokerProblemVariable] ?? "the test run started no Redis");
}
