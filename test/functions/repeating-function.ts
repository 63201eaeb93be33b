// A function thread that says every half second anew that its call has begun.

import { parentPort, workerData } from "node:worker_threads";
import { createGuest } from "../../src/functions/guest/guest.ts";
import { parseGuestSetup } from "../../src/functions/guest-protocol.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";

const port = parentPort;
if (port === null) throw new Error("repeating-function is a thread's entry");

export const run = createGuest({
  setup: parseGuestSetup(workerData),
  port: {
    postMessage(message: unknown) {
      port.postMessage(message);
      if (typeof message === "object" && message !== null && "kind" in message && message.kind === "started") {
        setInterval(() => port.postMessage(message), 500).unref();
      }
    },
  },
  clock: createSystemClock(),
  unpack: (packed) => JSON.parse(Buffer.from(packed.buffer).toString()),
});
