// One mapping of a recording as it is replayed: the production lane runner over recorded answers, a lane after another, and how far
// each unit has ended.

import { finished, rangesOf, type Watermark } from "../core/watermark.ts";
import { MillraceError } from "../errors.ts";
import { createStreamKind } from "../kinds/mapping-kind.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { Call } from "../ports/invoker.ts";
import type { Fact } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Position, UnitId } from "../ports/source.ts";
import { createLaneRunner, type LaneRunner } from "../runtime/lane-runner.ts";
import { applySpec, createMappingContext, type MappingContext } from "../runtime/mapping-context.ts";
import { laneStartFrom, rangeFrom, watermarkFrom } from "./record-form.ts";
import type { LaneLine, MappingLine, PassedLine, ReportedLine, UnitLine } from "./recording-line.ts";
import {
  createRecordedIds,
  createRecordedReporter,
  noCheckpoints,
  noSource,
  recordedInvoker,
  type ReplayClock,
} from "./replay-ports.ts";

export interface ReplayedMapping {
  readonly context: MappingContext<KinesisRecord>;
  readonly kind: StreamKind;
  spec(): MappingSpec;
  update(spec: MappingSpec): void;
  expectIds(ids: readonly string[]): void;
  unit(line: UnitLine): void;
  open(line: LaneLine): LaneRunner<KinesisRecord>;
  passed(line: PassedLine): void;
  /** False: the document was on its way before the recording began; its records have ended all the same. */
  report(line: ReportedLine): boolean;
  watermark(unit: UnitId): Watermark<Position> | null;
}

export function createReplayedMapping(
  { spec, batchCount }: MappingLine,
  world: {
    readonly clock: ReplayClock;
    readonly onFact: (lane: string, fact: Fact) => void;
    readonly onCall: (call: Call) => void;
  },
): ReplayedMapping {
  const kind = createStreamKind(spec);
  const ids = createRecordedIds();
  const reporter = createRecordedReporter();
  const watermarks = new Map<UnitId, Watermark<Position>>();
  const context = createMappingContext<KinesisRecord>(
    {
      kind,
      source: noSource,
      invoker: recordedInvoker(world.onCall),
      reporter,
      checkpoints: noCheckpoints,
      journal: { append: (_mapping, lane, fact) => world.onFact(lane, fact) },
      clock: world.clock,
      random: ids,
      compileFilter: () => null, // What arrived at a lane has passed.
    },
    spec,
    () => undefined,
  );
  context.batchCount = batchCount;

  function end(unit: UnitId, ranges: Parameters<typeof finished<Position>>[1]): void {
    const before = watermarks.get(unit);
    if (before !== undefined) watermarks.set(unit, finished(before, ranges));
  }

  return {
    context,
    kind,
    spec: () => context.spec,
    update: (next) => applySpec(context, next),
    expectIds: (next) => ids.expect(next),
    unit(line) {
      watermarks.set(line.u, watermarkFrom(line));
    },
    open(line) {
      const { unit, index } = pathOf(line.l);
      return createLaneRunner<KinesisRecord>({
        context,
        unit,
        index,
        window: null,
        start: laneStartFrom(line),
        isReplayed: true,
        onEnded: (records) =>
          end(
            unit,
            rangesOf(records, (record) => kind.position(record)),
          ),
        onTurn: () => undefined,
      });
    },
    passed: ({ u, ranges }) => end(u, ranges.map(rangeFrom)),
    report(line) {
      const { requestId, answer, detail } = line;
      if (reporter.answer(requestId, answer === "delivered" ? { kind: answer } : { kind: answer, detail })) return true;
      end(pathOf(line.l).unit, line.ranges.map(rangeFrom));
      return false;
    },
    watermark: (unit) => watermarks.get(unit) ?? null,
  };
}

/** `<mapping uuid>/<unit>/<index>`. */
export function pathOf(lane: string): { readonly unit: UnitId; readonly index: number } {
  const from = lane.indexOf("/");
  const to = lane.lastIndexOf("/");
  const index = Number(lane.slice(to + 1));
  if (from < 0 || to === from || !Number.isInteger(index))
    throw new MillraceError("recording-invalid", `\`${lane}\` names no lane`);
  return { unit: lane.slice(from + 1, to), index };
}
