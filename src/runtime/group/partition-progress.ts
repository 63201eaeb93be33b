// How far an epoch of a partition has ended, and when that is to be committed (M-402, M-317).
//
// P1  What the filter passed over has ended where it was read, and is committed with the batch around it: by itself only where nothing
//     that was read is left.

import type { PartitionEpoch, Rec } from "../../core/record.ts";
import { createWatermark, type EndedRange, finished, rangesOf, type Watermark } from "../../core/watermark.ts";
import type { Position } from "../../ports/source.ts";

export interface PartitionProgress<R extends Rec> {
  readonly partition: PartitionEpoch;
  /** So many records have been read, of which `passedCount` have not ended. */
  read(recordCount: number): void;
  ended(records: readonly R[]): void;
  passedOver(records: readonly R[]): void;
  /** Positions without records. */
  passed(range: { readonly ordinal: number; readonly through: Position }): void;
  /** The place to commit now; null: none that was not taken before. */
  takeDue(): Position | null;
  /** As far as all has ended. */
  through(): Position | null;
  /** Records that were read and have not ended. */
  leftCount(): number;
}

export function createPartitionProgress<R extends Rec>(
  partition: PartitionEpoch,
  after: Position | null,
  placeOf: (record: R) => Position,
): PartitionProgress<R> {
  let watermark: Watermark<Position> = createWatermark({ place: after });
  let leftCount = 0;
  let taken = watermark.through;
  /** Something that was delivered or given up has ended since the last commit. */
  let isTouched = false;

  function end(ranges: readonly EndedRange<Position>[]): void {
    watermark = finished(watermark, ranges);
  }

  return {
    partition,
    read(recordCount) {
      leftCount += recordCount;
    },
    ended(records) {
      leftCount -= records.length;
      isTouched = true;
      end(rangesOf(records, placeOf));
    },
    passedOver(records) {
      leftCount -= records.length;
      end(rangesOf(records, placeOf, { isFiltered: true }));
    },
    passed({ ordinal, through }) {
      end([{ first: ordinal, last: ordinal, place: through, deliveredCount: 0 }]);
    },
    takeDue() {
      if (watermark.through === taken || (!isTouched && leftCount > 0)) return null;
      taken = watermark.through;
      isTouched = false;
      return watermark.place;
    },
    through: () => watermark.place,
    leftCount: () => leftCount,
  };
}
