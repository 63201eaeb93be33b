// What a member at work on a topic's partitions is to the mapping that it belongs to.

import type { UnitId } from "../../ports/source.ts";
import type { LaneReport } from "../lane-report.ts";

export type StopWhy = "stopped" | "settings";

export interface MemberRunner {
  begin(): void;
  /** Hands out what can go. */
  look(): void;
  unlocked(unit: UnitId): void;
  gateMoved(): void;
  stepped(): void;
  stop(why: StopWhy): void;
  /** A stop's grace is over: calls that are out end by force, and the broker is not waited for. */
  hurry(): void;
  /** Records that were read and have not ended. */
  lagCount(): number;
  runningCount(): number;
  partitionCount(): number;
  oldestArrivedAtMs(): number | null;
  report(): LaneReport;
}
