// Fails a test file that leaves something behind which would keep a process alive: a timer, a socket, a server, a thread, a
// child process. What is let go on purpose (unref) does not count. Closing takes a moment, so it is waited for, within a bound.

import { setTimeout as delay } from "node:timers/promises";
import { afterAll } from "vitest";

const closedWithinMs = 3_000;
const lookEveryMs = 10;
/** Work in progress that ends by itself. */
const passing = ["FSReqCallback", "FSReqPromise", "GetAddrInfoReqWrap", "TickObject", "Immediate", "CloseReq"];

const atStart = process.getActiveResourcesInfo();

afterAll(async () => {
  const deadlineMs = performance.now() + closedWithinMs;
  const left = () => [...resources(), ...threads()];
  let found = left();
  while (found.length > 0 && performance.now() < deadlineMs) {
    await delay(lookEveryMs);
    found = left();
  }
  if (found.length > 0) throw new Error(`left behind by this file's tests: ${found.join(", ")}`);
});

/** What is active now and was not at the start, one entry for each. */
function resources(): readonly string[] {
  const known = [...atStart];
  return process.getActiveResourcesInfo().filter((kind) => {
    if (passing.includes(kind)) return false;
    const index = known.indexOf(kind);
    if (index === -1) return true;
    known.splice(index, 1);
    return false;
  });
}

/** Threads are in no list of resources; the diagnostic report has them. It takes milliseconds without its network part. */
function threads(): readonly string[] {
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  const hasThreads = typeof report === "object" && report !== null && "workers" in report;
  return hasThreads && Array.isArray(report.workers) ? report.workers.map(() => "Thread") : [];
}
