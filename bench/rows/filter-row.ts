// The row "filter": text in, events a second, by kind of operator.

import { measureFilter } from "../filter.ts";
import type { RowResult } from "../results.ts";

const ROUNDS = 5;

export function measureFilterRow(isQuick: boolean): RowResult {
  const rows = measureFilter({ rounds: ROUNDS, roundMs: isQuick ? 40 : 200 });
  return {
    row: "filter",
    measures: "one record's view against one compiled pattern, payload text of 800 characters in, verdict out",
    leavesOut: "reading the record and everything after the verdict",
    figures: rows.map((row) => ({
      name: row.operator,
      unit: "events/s",
      spread: {
        median: row.medianPerSecond,
        lowest: row.lowestPerSecond,
        highest: row.highestPerSecond,
        rounds: row.rounds,
      },
      digits: 0,
      goal: null,
      isMoreBetter: true,
    })),
  };
}
