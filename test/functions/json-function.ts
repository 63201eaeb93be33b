// A function thread whose events are any JSON: the production guest with another unpacker, so that tests choose the event.

import { parentPort, workerData } from "node:worker_threads";
import { createGuest } from "../../src/functions/guest/guest.ts";
import { parseGuestSetup } from "../../src/functions/guest-protocol.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";

if (parentPort === null) throw new Error("json-function is a thread's entry");

export const run = createGuest({
  setup: parseGuestSetup(workerData),
  port: parentPort,
  clock: createSystemClock(),
  unpack: (packed) => JSON.parse(Buffer.from(packed.buffer).toString()),
});
