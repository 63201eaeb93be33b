// What a simulated run comes to, by the limit that closed each batch: how full batches were, how large their events, how long records
// waited. Figures count first batches only: halves, rests and retries of them are theirs.
//
// Percentiles are by nearest rank: a value that was there.

import type { Entry } from "../ports/journal.ts";
import type { Position } from "../ports/source.ts";

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

interface ReportRow {
  /** `size`, `window` and so on; `all` in the last row. */
  readonly closedBy: string;
  readonly batchCount: number;
  readonly recordCount: number;
  /** Records of a batch, in percent of the size setting. */
  readonly fillPercent: Percentiles;
  readonly eventBytes: Percentiles;
  /** From a record's arrival to the beginning of its first invocation. */
  readonly toStartMs: Percentiles;
  /** From a record's arrival to the end of its last invocation. */
  readonly toDoneMs: Percentiles;
}

export interface RunReport {
  readonly rows: readonly ReportRow[];
  readonly invocationCount: number;
  /** Records in all invocations: more than there are records where some came again. */
  readonly deliveryCount: number;
}

/** An invocation that has ended; its instants, as those of arrivals, are by the clock that is never set. */
export interface ReportedCall {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The stream that its records are in: another's may have the same positions. */
  readonly streamArn: string;
  readonly positions: readonly Position[];
}

export const recordKey = (streamArn: string, position: Position): string => `${streamArn} ${position}`;

const ALL = "all";

export function reportOf(
  entries: readonly Entry[],
  calls: readonly ReportedCall[],
  /** By `recordKey`. */
  arrivedAtMs: ReadonlyMap<string, number>,
): RunReport {
  const groups = new Map<string, Group>();
  const groupsOf = (closedBy: string): readonly Group[] => [groupIn(groups, closedBy), groupIn(groups, ALL)];
  const reasons = addBatches(entries, groupsOf);
  const records = new Map<string, { closedBy: string; arrivedAtMs: number; startedAtMs: number; endedAtMs: number }>();
  for (const { requestId, startedAtMs, endedAtMs, streamArn, positions } of calls) {
    const { mapping = "", closedBy = "" } = reasons.get(requestId) ?? {};
    for (const position of positions) {
      const record = recordKey(streamArn, position);
      const key = `${mapping} ${record}`;
      const known = records.get(key);
      const arrived = arrivedAtMs.get(record);
      if (known !== undefined) known.endedAtMs = Math.max(known.endedAtMs, endedAtMs);
      else if (arrived !== undefined && closedBy !== "")
        records.set(key, { closedBy, arrivedAtMs: arrived, startedAtMs, endedAtMs });
    }
  }
  for (const record of records.values())
    for (const group of groupsOf(record.closedBy)) {
      group.toStart.push(record.startedAtMs - record.arrivedAtMs);
      group.toDone.push(record.endedAtMs - record.arrivedAtMs);
    }
  const all = groups.get(ALL);
  groups.delete(ALL);
  const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, group]) => rowOf(name, group));
  return {
    rows: all === undefined ? rows : [...rows, rowOf(ALL, all)],
    invocationCount: calls.length,
    deliveryCount: calls.reduce((sum, { positions }) => sum + positions.length, 0),
  };
}

interface Group {
  batchCount: number;
  recordCount: number;
  readonly fill: number[];
  readonly bytes: number[];
  readonly toStart: number[];
  readonly toDone: number[];
}

function groupIn(groups: Map<string, Group>, name: string): Group {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const made: Group = { batchCount: 0, recordCount: 0, fill: [], bytes: [], toStart: [], toDone: [] };
  groups.set(name, made);
  return made;
}

/** Answers why the first batch closed that each invocation is of. */
function addBatches(
  entries: readonly Entry[],
  groupsOf: (closedBy: string) => readonly Group[],
): ReadonlyMap<string, { readonly mapping: string; readonly closedBy: string }> {
  const sizes = new Map<string, number>();
  const closed = new Map<string, string>();
  const reasons = new Map<string, { readonly mapping: string; readonly closedBy: string }>();
  for (const entry of entries) {
    const mapping = entry.mapping ?? "";
    switch (entry.kind) {
      case "settings":
        sizes.set(mapping, Number(entry.settings["BatchSize"]));
        break;
      case "batch-closed": {
        if (!/^\d+$/.test(entry.batch)) break;
        closed.set(`${mapping} ${entry.batch}`, entry.closedBy);
        const size = sizes.get(mapping);
        for (const group of groupsOf(entry.closedBy)) {
          group.batchCount += 1;
          group.recordCount += entry.recordCount;
          if (size !== undefined) group.fill.push((entry.recordCount / size) * 100);
          group.bytes.push(entry.payloadBytes);
        }
        break;
      }
      case "invoked": {
        const first = /^\d*/.exec(entry.batch)?.[0] ?? "";
        const closedBy = closed.get(`${mapping} ${first}`);
        if (closedBy !== undefined) reasons.set(entry.requestId, { mapping, closedBy });
        break;
      }
      default:
        break;
    }
  }
  return reasons;
}

const rowOf = (closedBy: string, { batchCount, recordCount, fill, bytes, toStart, toDone }: Group): ReportRow => ({
  closedBy,
  batchCount,
  recordCount,
  fillPercent: percentiles(fill),
  eventBytes: percentiles(bytes),
  toStartMs: percentiles(toStart),
  toDoneMs: percentiles(toDone),
});

function percentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
