// Writes down what a mapping hands out while it is recorded: a line a fact, at once, in the order in which things happen. Where the
// lines go, and how many of them there may be, is the outlet's.

import { rangesOf } from "../core/watermark.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Position } from "../ports/source.ts";
import type { LaneFeed } from "../runtime/lane-feed.ts";
import { eventForm, laneForm, rangeForm } from "./record-form.ts";
import type { CourseLine } from "./recording-line.ts";

export interface RecorderOptions {
  readonly isWithPayloads: boolean;
  readonly positionOf: (record: KinesisRecord) => Position;
  readonly nowMs: () => number;
  /** One line, its end included. */
  readonly write: (line: string) => void;
}

/** One mapping's start, from its state at this moment. `course.spec()` is asked whenever settings change. */
export function createRecorder(
  course: { readonly batchCount: number; spec(): MappingSpec },
  { isWithPayloads, positionOf, nowMs, write }: RecorderOptions,
): LaneFeed<KinesisRecord> {
  const m = course.spec().uuid;
  const say = (line: CourseLine): void => write(`${JSON.stringify(line)}\n`);
  say({ k: "mapping", m, atMs: nowMs(), batchCount: course.batchCount, spec: course.spec() });
  return {
    unit(u, { through, place, ahead }, parents, atMs) {
      say({ k: "unit", m, u, atMs, through, place, ahead: ahead.map(rangeForm), parents });
    },
    opened(l, start, atMs) {
      const { requestIds, numbers, called } = start;
      say({ k: "lane", m, l, atMs, lane: laneForm(start, isWithPayloads), requestIds, numbers, called });
    },
    took(l, event, atMs) {
      say({ k: "fed", l, atMs, e: eventForm(event, isWithPayloads) });
    },
    drew(l, id) {
      say({ k: "drew", l, id });
    },
    reported(l, { records, ...reported }, atMs) {
      const ranges = rangesOf(records, positionOf).map(rangeForm);
      say({ k: "reported", l, atMs, ...reported, recordCount: records.length, ranges });
    },
    passedOver(u, ranges, atMs) {
      say({ k: "passed", m, u, atMs, ranges: ranges.map(rangeForm) });
    },
    noted(l, fact, atMs) {
      say({ k: "entry", m, l, atMs, fact });
    },
    changed(atMs) {
      say({ k: "settings", m, atMs, spec: course.spec() });
    },
  };
}
