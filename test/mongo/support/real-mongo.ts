// Where tests of change streams find a server. A real replica set is one of the environment, or one that the run can start; where it
// cannot be had, the stand-in takes its place, and tests that only a real one can pass do not run, which `npm test` says. Such a
// test is in `describe.skipIf((await realMongoUrl()) === null)("on a real MongoDB …")`, by which words it is counted.

import { MillraceError } from "../../../src/errors.ts";
import { sharedBrokerUrl } from "../../brokers/shared-broker.ts";

/** Null: none can be had. It is shared by all test files at once: use databases of your own (a random name). */
export async function realMongoUrl(): Promise<string | null> {
  try {
    return await sharedBrokerUrl("mongodb");
  } catch (error) {
    if (error instanceof MillraceError && error.code === "broker-missing") return null;
    throw error;
  }
}
