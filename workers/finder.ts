// Entry of a thread that looks for one thing in a journal (src/dashboard/find/find.ts), and ends.

import { parentPort, workerData } from "node:worker_threads";
import { find, type FindQuestion } from "../src/dashboard/find/find.ts";

if (parentPort === null) throw new Error("workers/finder is a thread's entry");

// Sent by our own code of the same version (src/dashboard/find/finder.ts).
const question: FindQuestion = workerData;
parentPort.postMessage(await find(question));
