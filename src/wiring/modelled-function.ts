// A function of the simulated world that does what a recording's calls did, and a recorded mapping whose events name records for it.

import { append, nothingWaits } from "../core/waiting.ts";
import type { Answered } from "../core/outcome.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { UnitId } from "../ports/source.ts";
import { type ObservedCall, type ObservedMapping, positionOfKey, type RecordKey } from "../recording/observed.ts";
import { recordsOf } from "../recording/record-form.ts";
import type { LaneStart } from "../runtime/lane-feed.ts";
import type { HandlerModel } from "../sim/observed-handler.ts";
import type { Handled, VirtualFunction } from "../sim/virtual-functions.ts";

/** What a modelled function is asked: the unit, and its records' names. */
type ModelledEvent = readonly [unit: UnitId, ...records: RecordKey[]];

/**
 * Does what the recorded calls did. A call that was recorded with the same records comes to the same in the same time, each of them once
 * and in order; what was throttled or met a fault is left out.
 */
export function modelledFunction(model: HandlerModel, calls: readonly ObservedCall[]): VirtualFunction {
  const recorded = new Map<string, ObservedCall[]>();
  for (const call of calls) {
    const { kind } = call.called.outcome;
    if (call.elapsedMs === null || kind === "refused" || kind === "tooLarge") continue;
    const key = JSON.stringify([call.unit, ...call.records]);
    recorded.set(key, [...(recorded.get(key) ?? []), call]);
  }
  return {
    timeoutMs: Number.MAX_SAFE_INTEGER,
    reservedConcurrency: null,
    handle(eventText): Handled {
      const text = eventText();
      const same = recorded.get(text)?.shift();
      if (same !== undefined) return asRecorded(same);
      const [, ...records]: ModelledEvent = JSON.parse(text);
      if (records.some((record) => model.thrown.has(record))) return threw(Math.round(model.failureMs));
      const failed = records.find((record) => model.named.has(record));
      const batchItemFailures = failed === undefined ? [] : [{ itemIdentifier: positionOfKey(failed) }];
      const tookMs = Math.round(model.baseMs + model.perRecordMs * records.length);
      return { kind: "returned", json: JSON.stringify({ batchItemFailures, state: {} }), tookMs };
    },
  };
}

const threw = (tookMs: number): Handled => ({
  kind: "threw",
  errorType: "Recorded",
  message: "as recorded",
  tookMs,
});

function asRecorded({ called: { outcome }, records, elapsedMs }: ObservedCall): Handled {
  const tookMs = elapsedMs ?? 0;
  if (outcome.kind !== "answered") return threw(tookMs);
  // A list is no answer: all of it failed (E-52).
  if (outcome.failed === "all") return { kind: "returned", json: "[0]", tookMs };
  const failed = indexesOf(outcome.failed).flatMap((index) => records[index] ?? []);
  const failures = failed.map((each) => ({ itemIdentifier: positionOfKey(each) }));
  const json = `{"batchItemFailures":${JSON.stringify(failures)},"state":${outcome.state?.json ?? "{}"}}`;
  return { kind: "returned", json, tookMs };
}

function indexesOf(failed: Exclude<Answered["failed"], "all">): readonly number[] {
  if (failed === "none") return [];
  return typeof failed === "object" ? failed.kept : [failed];
}

/**
 * For a modelled function. Its event names records, which a record carries as its data: which one failed is a matter of its shard, too,
 * and a recording without payloads has no events.
 */
export function asModelled(mapping: ObservedMapping): ObservedMapping {
  const units = mapping.units.map((unit) => {
    const names = new Map(unit.arrivals.map(({ record, key }) => [record, Buffer.from(key)]));
    const renamed = (record: KinesisRecord): KinesisRecord => ({ ...record, data: names.get(record) ?? record.data });
    return {
      ...unit,
      arrivals: unit.arrivals.map((arrival) => ({ ...arrival, record: renamed(arrival.record) })),
      lanes: unit.lanes.map((lane) => ({ ...lane, start: withRecords(lane.start, renamed) })),
    };
  });
  return { ...mapping, units, kind: modelledKind(mapping.kind) };
}

function withRecords(
  start: LaneStart<KinesisRecord>,
  renamed: (record: KinesisRecord) => KinesisRecord,
): LaneStart<KinesisRecord> {
  const { lane } = start;
  return {
    ...start,
    lane: {
      ...lane,
      waiting: append(nothingWaits, recordsOf(lane.waiting).map(renamed)),
      stack: lane.stack.map((batch) => ({ ...batch, records: batch.records.map(renamed) })),
    },
  };
}

const modelledKind = (kind: StreamKind): StreamKind => ({
  ...kind,
  text: (unit, records) => {
    const event: ModelledEvent = [unit, ...records.map(({ data }) => Buffer.from(data).toString())];
    return JSON.stringify(event);
  },
});
