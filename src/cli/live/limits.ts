// Which of its three limits will close an open batch first (B-1), as far as its report and its own pace tell. Pure.

import type { LaneReport } from "../../runtime/lane-report.ts";

/** A rate over less than this says nothing. */
const LEAST_RATE_MS = 200;

export interface Limits {
  readonly first: "size" | "window" | "payload" | "tumbling edge" | "read" | null;
  /** When, as far as that is known. */
  readonly inMs: number | null;
  readonly recordsASecond: number | null;
  readonly fullInMs: number | null;
  readonly moreFit: number | null;
}

/** The first of three (B-1). `null` limits are not there or cannot be told. */
export function limitsOf(report: LaneReport | null, batchSize: number | null, nowMs: number): Limits {
  if (report === null) return { first: null, inMs: null, recordsASecond: null, fullInMs: null, moreFit: null };
  const openMs = report.windowFromMs === null ? 0 : nowMs - report.windowFromMs;
  const recordsASecond = openMs < LEAST_RATE_MS ? null : report.recordCount / (openMs / 1_000);
  const perRecord = (report.recordBytes + 1) / Math.max(1, report.recordCount);
  // Of an open tumbling window without a record nothing tells how large the next one will be.
  const moreFit =
    report.recordCount === 0 ? null : Math.max(0, Math.floor((report.eventLimitBytes - report.eventBytes) / perRecord));
  const inRate = (count: number): number | null =>
    recordsASecond === null || recordsASecond === 0 ? null : (count / recordsASecond) * 1_000;
  const fullInMs = batchSize === null ? null : inRate(Math.max(0, batchSize - report.recordCount));
  const base = { recordsASecond, fullInMs, moreFit };
  if (report.isHeld) return { ...base, first: null, inMs: null };
  switch (report.closedBy) {
    case "size":
    case "payload":
      return { ...base, first: report.closedBy, inMs: 0 };
    case "window": {
      const windowInMs = Math.max(0, (report.closesAtMs ?? nowMs) - nowMs);
      const payloadInMs = moreFit === null ? null : inRate(moreFit);
      if (fullInMs !== null && fullInMs < windowInMs) return { ...base, first: "size", inMs: fullInMs };
      if (payloadInMs !== null && payloadInMs < windowInMs) return { ...base, first: "payload", inMs: payloadInMs };
      return { ...base, first: "window", inMs: windowInMs };
    }
    case "tumbling edge": {
      const inMs = report.closesAtMs === null ? null : Math.max(0, report.closesAtMs - nowMs);
      return { ...base, first: report.closedBy, inMs };
    }
    default:
      return { ...base, first: "read", inMs: null };
  }
}
