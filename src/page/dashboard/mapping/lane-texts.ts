// A lane as a person reads it: gauges of the batch that is being assembled, and which limit closes it first. Pure.

import type { LaneFrame, MappingFrame } from "../../../dashboard/frame.ts";
import { counted, shownMs, shownNumber } from "../../parts/format.ts";
import { waitText } from "../parts/trees.ts";

export interface GaugeText {
  readonly label: "records" | "window" | "payload" | "state";
  readonly value: number;
  readonly limit: number;
  readonly text: string;
  readonly spoken: string;
  readonly isFirst: boolean;
}

/** Lanes that are listed when there are more than 50. */
const WORST = 10;
const MANY = 50;

export interface LaneList {
  readonly lanes: readonly LaneFrame[];
  /** Lanes that are not listed. */
  readonly moreCount: number;
}

/** All, or the worst 10: the frame has the most urgent first. */
export function listedLanes({ lanes, moreLanes }: MappingFrame): LaneList {
  const count = lanes.length + moreLanes;
  return count > MANY ? { lanes: lanes.slice(0, WORST), moreCount: count - WORST } : { lanes, moreCount: moreLanes };
}

/** `window, in 1.8 s`; what is in the lane's way; that its batch runs; or that nothing waits. */
export function closesText(lane: LaneFrame, mapping: MappingFrame, nowMs: number): string {
  const { assembling, heldBy } = lane;
  if (heldBy !== null) return `held by batch ${heldBy.batch}, ${waitText(nowMs - heldBy.sinceMs)}`;
  if (mapping.isPaused) return "paused before its next batch";
  if (assembling === null) return idleText(lane);
  const word = assembling.closedBy === "read" ? "the next read" : assembling.closedBy;
  if (assembling.closesAtMs === null) return word;
  const leftMs = assembling.closesAtMs - nowMs;
  return leftMs <= 0 ? `${word}, now` : `${word}, in ${secondsText(leftMs)}`;
}

/** Nothing is assembled: what was read is in a batch, or there is nothing. */
function idleText({ lagCount, batch }: LaneFrame): string {
  if (batch !== null) return batch === "runs" ? "its batch runs" : "its batch waits to be called";
  return lagCount === 0 ? "nothing waits" : `${counted(lagCount, "record")} ${lagCount === 1 ? "waits" : "wait"}`;
}

/** Records, window and payload of the batch that is being assembled; of a tumbling window its state. */
export function gaugesOf(lane: LaneFrame, mapping: MappingFrame, nowMs: number): readonly GaugeText[] {
  const { assembling } = lane;
  const gauges: GaugeText[] = [];
  if (assembling !== null) {
    const { recordCount, eventBytes, eventLimitBytes, windowFromMs, closedBy } = assembling;
    const closes = closesText(lane, mapping, nowMs);
    gauges.push({
      label: "records",
      value: recordCount,
      limit: mapping.batchSize,
      text: `${shownNumber(recordCount)} of ${shownNumber(mapping.batchSize)}`,
      spoken: `${shownNumber(recordCount)} of ${counted(mapping.batchSize, "record")}, ${spokenCloses(closes, closedBy)}`,
      isFirst: closedBy === "size",
    });
    if (mapping.windowMs !== null && mapping.windowMs > 0) {
      const sinceMs = windowFromMs === null ? 0 : Math.min(Math.max(0, nowMs - windowFromMs), mapping.windowMs);
      const text = `${(sinceMs / 1_000).toFixed(1)} of ${shownNumber(mapping.windowMs / 1_000)} s`;
      gauges.push({
        label: "window",
        value: sinceMs,
        limit: mapping.windowMs,
        text,
        spoken: `${text} of the window`,
        isFirst: closedBy === "window",
      });
    }
    // A journal does not tell the bytes of a batch that has not closed.
    if (eventBytes !== null)
      gauges.push({
        label: "payload",
        value: eventBytes,
        limit: eventLimitBytes,
        text: `${shownNumber(eventBytes)} of ${shownNumber(eventLimitBytes)} B`,
        spoken: `${shownNumber(eventBytes)} of ${shownNumber(eventLimitBytes)} bytes`,
        isFirst: closedBy === "payload",
      });
  }
  if (lane.tumbling !== null) {
    const { stateBytes, stateLimitBytes } = lane.tumbling;
    const text = `${shownNumber(stateBytes)} of ${shownNumber(stateLimitBytes)} B`;
    gauges.push({
      label: "state",
      value: stateBytes,
      limit: stateLimitBytes,
      text,
      spoken: `${text} of the tumbling window's state`,
      isFirst: false,
    });
  }
  return gauges;
}

/** `window closes in 1.8 s`. */
const spokenCloses = (closes: string, closedBy: string): string =>
  closes.startsWith(`${closedBy}, `) ? closes.replace(", ", " closes ") : closes;

/** `3.1 s`; nothing waits: a dash. */
export const ageText = (oldestAtMs: number | null, nowMs: number): string =>
  oldestAtMs === null ? "–" : secondsText(Math.max(0, nowMs - oldestAtMs));

/** Whole tenths, so that a figure that counts stays as wide. */
const secondsText = (ms: number): string => (ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : shownMs(ms));
