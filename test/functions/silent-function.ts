// A function thread that says nothing on its own port: of what it runs only the answers come back.

import { workerData } from "node:worker_threads";
import { createGuest } from "../../src/functions/guest/guest.ts";
import { parseGuestSetup } from "../../src/functions/guest-protocol.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";

export const run = createGuest({
  setup: parseGuestSetup(workerData),
  port: { postMessage: () => {} },
  clock: createSystemClock(),
  unpack: (packed) => JSON.parse(Buffer.from(packed.buffer).toString()),
});
