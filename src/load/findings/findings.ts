// What limits a run, in plain sentences: the costliest first. Each states its condition where it is judged; `cost` orders them.
//
// F1  What is said of batches is said of first batches only, and of LEAST_BATCHES at least.
// F2  At most MOST_FINDINGS; never none: where nothing limits it, that is said, with how busy and how full it was.

import type { Finding, LoadRun } from "../report.ts";
import { shownCount, shownPercent, shownSeconds } from "../words.ts";
import { aloneFinding, behindFinding, payloadFinding, thinFinding, windowFinding } from "./batching.ts";
import {
  hotKeyFinding,
  noLimitFinding,
  poisonFinding,
  stalledFinding,
  suffixFinding,
  throttleFinding,
  visibilityFinding,
} from "./failing.ts";
import type { Found, Judged } from "./found.ts";

export const LEAST_BATCHES = 100;
const MOST_FINDINGS = 5;

const facts: readonly ((judged: Judged) => Found | null)[] = [
  loaderFinding,
  stalledFinding,
  poisonFinding,
  noLimitFinding,
  suffixFinding,
  throttleFinding,
  visibilityFinding,
  hotKeyFinding,
];

const ofBatches: readonly ((judged: Judged) => Found | null)[] = [
  behindFinding,
  windowFinding,
  aloneFinding,
  payloadFinding,
  thinFinding,
];

/** `leastBatches`: default 100; fewer, for a picture of a run that goes on, whose sentences are true only so far. */
export function findings(run: LoadRun, given: Omit<Judged, "run">, leastBatches = LEAST_BATCHES): readonly Finding[] {
  const judged: Judged = { run, ...given };
  const areEnough = run.counts.firstBatches >= leastBatches;
  const found = [...facts, ...(areEnough ? ofBatches : [])]
    .map((find) => find(judged))
    .filter((each) => each !== null)
    .sort((one, other) => other.cost - one.cost)
    .map(({ cost: _cost, ...finding }): Finding => finding);
  if (!areEnough) return [...found.slice(0, MOST_FINDINGS - 1), tooFew(run)];
  return found.length === 0 ? [nothing(judged)] : found.slice(0, MOST_FINDINGS);
}

/** It sent under 99 % of the plan in time, or came above 80 % of what it can send: its figures are not the mapping's. */
function loaderFinding({ run }: Judged): Found | null {
  const { loader } = run;
  if (!loader.isLimit) return null;
  const sent = `it sent ${shownCount(loader.sentCount)} of ${shownCount(loader.plannedCount)} records, at the 99th percentile ${shownSeconds(loader.lateP99Ms)} late`;
  const ceiling =
    loader.ceilingPerSecond === null || loader.ceilingShare === null
      ? ""
      : `; the busiest second was ${shownPercent(loader.ceilingShare)} of its own ceiling, ${shownCount(loader.ceilingPerSecond)} records/s`;
  return {
    name: "loader",
    text: `the loader was the limit: ${sent}${ceiling}. Latencies are the loader's, and no threshold is met`,
    rules: [],
    cost: Number.POSITIVE_INFINITY,
  };
}

const tooFew = ({ counts }: LoadRun): Finding => ({
  name: "too-few",
  text: `too few batches to say what limits them: ${shownCount(counts.firstBatches)}, and ${LEAST_BATCHES} are needed`,
  rules: [],
});

function nothing({ run }: Judged): Finding {
  const { lanes, batches, batchSize } = run;
  const busy = lanes.reduce((sum, { running, held }) => sum + running + held, 0) / Math.max(1, lanes.length);
  const oldestMs = run.seconds.reduce((most, { oldestMs: each }) => Math.max(most, each), 0);
  return {
    name: "none",
    text: `nothing limits it: lanes ${shownPercent(busy)} busy, batches ${shownPercent(batches.meanRecords / batchSize)} full, oldest ${shownSeconds(oldestMs)}`,
    rules: [],
  };
}
