// What a mapping's settings allow, as checkers are told it: the widest of all that were ever in force.

import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Limits } from "./history.ts";

export function limitsOf(specs: readonly MappingSpec[]): Limits {
  const most = (of: (spec: MappingSpec) => number): number => Math.max(0, ...specs.map(of));
  const ages = specs.map(({ lane }) => lane.maxAgeMs).filter((ageMs) => ageMs >= 0);
  return {
    batchSize: most(({ lane }) => lane.batchSize),
    eventLimitBytes: most(({ lane }) => lane.eventLimitBytes),
    stateLimitBytes: most(({ lane }) => lane.stateLimitBytes),
    parallelizationFactor: most((each) => each.parallelizationFactor),
    retries: specs.some(({ lane }) => lane.retries < 0) ? -1 : most(({ lane }) => lane.retries),
    leastAgeMs: ages.length === 0 ? -1 : Math.min(...ages),
    start: specs[0]?.start ?? { kind: "trimHorizon" },
    isReportingGivenUp: specs.every(({ onFailureArn }) => onFailureArn !== null),
  };
}
