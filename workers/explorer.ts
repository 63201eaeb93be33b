// Entry of an exploring thread: whole simulated worlds, one seed after another (src/wiring/explorer.ts).

import { parentPort, workerData } from "node:worker_threads";
import { type ExploreSetup, runExplorer } from "../src/wiring/explorer.ts";

if (parentPort === null) throw new Error("workers/explorer is a thread's entry");

// Sent by our own code of the same version (src/wiring/explore-seeds.ts).
const setup: ExploreSetup = workerData;
runExplorer(setup, parentPort);
