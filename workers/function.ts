// Entry of a function thread: the user's code, one invocation at a time. Started by a pool of src/functions/function-pool.ts,
// which calls `run`. Imports little, because its loading is part of every cold start.

import { parentPort, workerData } from "node:worker_threads";
import { createGuest } from "../src/functions/guest/guest.ts";
import { parseGuestSetup } from "../src/functions/guest-protocol.ts";
import { unpack } from "../src/kinds/unpackers.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";

if (parentPort === null) throw new Error("workers/function is a thread's entry");

export const run = createGuest({
  setup: parseGuestSetup(workerData),
  port: parentPort,
  clock: createSystemClock(),
  unpack,
});
