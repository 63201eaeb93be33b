// Entry of a function thread in the simulated world: the user's code, with the world's clocks, timers and chance in the place of the
// system's. Started by src/functions/virtual/environment.ts.

import { parentPort, workerData } from "node:worker_threads";
import { parseVirtualSetup } from "../src/functions/virtual/guest-messages.ts";
import { runVirtualGuest } from "../src/functions/virtual/virtual-guest.ts";
import { unpack } from "../src/kinds/unpackers.ts";
import { createSeededRandom } from "../src/sim/seeded-random.ts";

if (parentPort === null) throw new Error("workers/virtual-function is a thread's entry");

const WORDS = 2 ** 32;
const setup = parseVirtualSetup(workerData);
const random = createSeededRandom(setup.seed);

runVirtualGuest({
  setup,
  port: parentPort,
  chance: { number: () => random.draw("numbers"), word: () => Math.floor(random.draw("words") * WORDS) },
  unpack,
});
