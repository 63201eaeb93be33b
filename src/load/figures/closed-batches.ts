// First batches as they are closed: how full, how large, when, and by what. Retries, halves and rests are none.

import type { ClosedByWord } from "../../core/closer.ts";
import type { BatchFigures } from "../report.ts";
import { countAt, medianOf, rounded } from "./numbers.ts";
import { type Bins, inBins } from "./bins.ts";

const FILL_BINS = 20;
const SIZE_BINS = 16;

interface OfReason {
  readonly closedBy: ClosedByWord;
  count: number;
  records: number;
  /** Batches by their number of records. */
  readonly bySize: number[];
  readonly fillBins: number[];
  readonly sizeBins: number[];
  readonly perSecond: number[];
}

export interface Closed {
  readonly closedBy: ClosedByWord;
  readonly recordCount: number;
  readonly payloadBytes: number;
  /** Of the run. */
  readonly second: number;
}

export interface ClosedBatches {
  add(closed: Closed): void;
  count(): number;
  figures(bins: Bins, tookMs: Float64Array): BatchFigures;
}

export function createClosedBatches(batchSize: number, eventLimitBytes: number): ClosedBatches {
  const reasons = new Map<ClosedByWord, OfReason>();
  const bounds = Array.from({ length: SIZE_BINS }, (_, index) => eventLimitBytes / 2 ** (SIZE_BINS - 1 - index));
  let count = 0;
  let largestBytes = 0;

  function ofReason(closedBy: ClosedByWord): OfReason {
    const known = reasons.get(closedBy);
    if (known !== undefined) return known;
    const fillBins = new Array<number>(FILL_BINS).fill(0);
    const sizeBins = new Array<number>(SIZE_BINS).fill(0);
    const fresh = { closedBy, count: 0, records: 0, bySize: [], fillBins, sizeBins, perSecond: [] };
    reasons.set(closedBy, fresh);
    return fresh;
  }

  return {
    add({ closedBy, recordCount, payloadBytes, second }) {
      const reason = ofReason(closedBy);
      count += 1;
      largestBytes = Math.max(largestBytes, payloadBytes);
      reason.count += 1;
      reason.records += recordCount;
      countAt(reason.bySize, recordCount);
      countAt(reason.perSecond, second);
      const fill = Math.ceil((FILL_BINS * recordCount) / batchSize) - 1;
      countAt(reason.fillBins, Math.min(FILL_BINS - 1, Math.max(0, fill)));
      const size = bounds.findIndex((bound) => payloadBytes <= bound);
      countAt(reason.sizeBins, size === -1 ? SIZE_BINS - 1 : size);
    },
    count: () => count,
    figures(bins, tookMs) {
      const all: number[] = [];
      let records = 0;
      for (const reason of reasons.values()) {
        records += reason.records;
        for (const [size, batches] of reason.bySize.entries()) countAt(all, size, batches);
      }
      return {
        reasons: [...reasons.values()]
          .sort((one, other) => other.count - one.count || (one.closedBy < other.closedBy ? -1 : 1))
          .map((reason) => ({
            closedBy: reason.closedBy,
            count: reason.count,
            fillBins: [...reason.fillBins],
            sizeBins: [...reason.sizeBins],
            perSecond: inBins(reason.perSecond, bins),
            meanRecords: rounded(reason.records / reason.count),
            medianRecords: medianSize(reason.bySize, reason.count),
          })),
        sizeBoundsBytes: bounds,
        eventLimitBytes,
        meanRecords: count === 0 ? 0 : rounded(records / count),
        medianRecords: medianSize(all, count),
        largestBytes,
        medianTookMs: medianOf(tookMs),
      };
    },
  };
}

/** By nearest rank, as all percentiles here. */
function medianSize(bySize: readonly number[], count: number): number {
  let left = Math.ceil(count / 2);
  for (const [size, batches] of bySize.entries()) {
    left -= batches;
    if (left <= 0 && batches > 0) return size;
  }
  return 0;
}
