// Tells of the first call of its thread, and then takes its time, so that a large log is still large at the next start.

import { setTimeout as delay } from "node:timers/promises";
import { monotonicMs, openMarks } from "./marks.ts";

const CALL_MS = 20;
const tell = openMarks();
let hasTold = false;

export async function handle(): Promise<void> {
  if (!hasTold) tell({ kind: "first", atMs: monotonicMs(), tookMs: 0, name: "" });
  hasTold = true;
  await delay(CALL_MS);
}
