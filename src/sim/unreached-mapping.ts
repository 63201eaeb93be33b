// A mapping on a broker or a cluster in the simulated world, which has none: as with one that cannot be reached, it is there, polls nothing,
// and says so (M-702, M-706). The API's scenarios ask no more of it.

import { newCounters } from "../runtime/counters.ts";
import type { MappingRunner, MappingRunnerOptions } from "../runtime/mapping-runner.ts";
import type { Rec } from "../core/record.ts";
import type { SourceProblem } from "../ports/source.ts";

const UNREACHED: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error. Please check your event source connection configuration.",
  detail: "the simulated world has no brokers and no clusters",
};

export function createUnreachedMapping(events: MappingRunnerOptions<Rec>["events"]): MappingRunner {
  return {
    start() {
      events.positioned();
      events.problem(UNREACHED);
    },
    update: () => events.updated(),
    stop: () => events.stopped([]),
    steer: () => undefined,
    record: () => undefined,
    summary: () => ({
      counters: newCounters,
      recordResult: null,
      problemText: UNREACHED.text,
      lagCount: 0,
      oldestArrivedAtMs: null,
      runningCount: 0,
    }),
    laneReports: () => [],
  };
}
