// Gives every test run one Redis: `npm test` has started it and says its address; a run by hand starts one here and stops
// it at its end. Where none can be had, tests that need none still run, and those that ask for it fail (`redis-url.ts`).

import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { MillraceError } from "../../src/errors.ts";
import { brokerProblemVariable } from "./redis-url.ts";

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  try {
    // Installing a package is for `npm test`; who runs one file by hand does not expect it.
    const broker = await startBroker("redis", { mayInstall: false });
    process.env["MILLRACE_TEST_REDIS_URL"] = broker.url;
    return async () => {
      await broker.stop();
    };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "broker-missing") throw error;
    process.env[brokerProblemVariable] = `${error.message}\nhelp: ${error.help}`;
    return undefined;
  }
}
