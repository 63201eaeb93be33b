// Tells the journal, once a second at most, of the last record that a unit's filter has passed over, and why: so that a person who
// sees nothing arrive can be told. A look costs far more than the filter itself, so it is never taken a record.

import type { PassingFilter } from "../core/filter/passing-filter.ts";
import type { Rec } from "../core/record.ts";
import type { Cancel } from "../ports/clock.ts";
import type { LaneContext } from "./mapping-context.ts";

const SAMPLE_DISTANCE_MS = 1_000;

type SampledContext<R extends Rec> = Pick<LaneContext<R>, "clock" | "note"> & {
  readonly kind: Pick<LaneContext<R>["kind"], "filterView" | "position">;
};

export interface FilterSample<R extends Rec> {
  /** These records of one read were passed over; at least one. */
  passedOver(records: readonly R[], filter: PassingFilter): void;
  stop(): void;
}

export function createFilterSample<R extends Rec>(context: SampledContext<R>, path: string): FilterSample<R> {
  const { clock, kind } = context;
  let filteredCount = 0;
  let last: { readonly record: R; readonly filter: PassingFilter } | null = null;
  let cancelWake: Cancel | null = null;

  function say(): void {
    cancelWake = null;
    if (last === null) return;
    const { record, filter } = last;
    const why = filter.whyNot(kind.filterView(record));
    context.note(path, { kind: "filtered", filteredCount, position: kind.position(record), why });
    filteredCount = 0;
    last = null;
    cancelWake = clock.wakeAt(clock.nowMs() + SAMPLE_DISTANCE_MS, say);
  }

  return {
    passedOver(records, filter) {
      filteredCount += records.length;
      const record = records.at(-1);
      if (record !== undefined) last = { record, filter };
      if (cancelWake === null) say();
    },
    stop() {
      cancelWake?.();
      cancelWake = null;
    },
  };
}
