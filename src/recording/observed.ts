// What a recording holds for a run under other settings: which records came to which unit and when, and what each call of a batch came
// to. Read off while the recording is replayed.

import type { Watermark } from "../core/watermark.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { createStreamKind } from "../kinds/mapping-kind.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Position, UnitId } from "../ports/source.ts";
import type { Called } from "../runtime/call-outcome.ts";
import type { LaneStart } from "../runtime/lane-feed.ts";
import type { Recording } from "./read-recording.ts";
import { laneStartFrom, recordFrom, recordsOf, watermarkFrom } from "./record-form.ts";
import type { CourseLine } from "./recording-line.ts";
import { pathOf } from "./replay-mapping.ts";
import { type Replayed, type ReplayedCall, replay } from "./replay.ts";

/** Read within this of its arrival, a record came when it was read: nothing held the reading up. */
const PROMPT_MS = 100;

/** A record's name: positions are a unit's own, and records of one KPL aggregate share theirs. */
export type RecordKey = string;

export const recordKey = (unit: UnitId, position: Position): RecordKey => `${unit}|${position}`;
export const positionOfKey = (key: RecordKey): Position => key.slice(key.indexOf("|") + 1).replace(/#.*$/, "");

export interface ObservedArrival {
  readonly key: RecordKey;
  readonly record: KinesisRecord;
  /** When it was there to be read: never after it was read, nor before the recording began. */
  readonly atMs: number;
  /** A lane had it when the recording began. */
  readonly isHeld: boolean;
}

/** A lane as the recording met it. `underWay`: what the call that was out came to, and when; null: it never came back. */
export interface ObservedLane {
  readonly start: LaneStart<KinesisRecord>;
  readonly underWay: { readonly called: Called; readonly atMs: number } | null;
}

export interface ObservedUnit {
  readonly id: UnitId;
  readonly parents: readonly UnitId[];
  readonly arrivals: readonly ObservedArrival[];
  /** When its end was read; null: it was not. */
  readonly endsAtMs: number | null;
  readonly watermark: Watermark<Position>;
  readonly lanes: readonly ObservedLane[];
}

export interface ObservedCall {
  readonly unit: UnitId;
  readonly records: readonly RecordKey[];
  readonly called: Called;
  /** From its beginning to its end as the lane saw it; null: it began before the recording. */
  readonly elapsedMs: number | null;
}

export interface ObservedMapping {
  /** As the recording first met it. */
  readonly spec: MappingSpec;
  readonly kind: StreamKind;
  readonly beganAtMs: number;
  /** Batches that it had counted before. */
  readonly batchCount: number;
  readonly endedAtMs: number;
  readonly units: readonly ObservedUnit[];
  readonly calls: readonly ObservedCall[];
  /** It stopped, was started anew, or had its settings changed while it was recorded. */
  readonly hasChanged: boolean;
}

interface TakenUnit {
  readonly parents: readonly UnitId[];
  readonly watermark: Watermark<Position>;
  readonly lanes: { readonly start: LaneStart<KinesisRecord>; underWay: ObservedLane["underWay"] }[];
  readonly arrivals: Map<RecordKey, ObservedArrival>;
  /** Of its present life, by ordinal: names, and the first ordinal of each position. */
  readonly names: Map<number, RecordKey>;
  readonly firsts: Map<Position, number>;
  endsAtMs: number | null;
}

interface Taken {
  readonly spec: MappingSpec;
  readonly kind: StreamKind;
  readonly beganAtMs: number;
  readonly batchCount: number;
  readonly units: Map<UnitId, TakenUnit>;
  readonly calls: ObservedCall[];
  hasChanged: boolean;
}

interface UnderWay {
  readonly records: readonly RecordKey[];
  /** Null: before the recording. */
  readonly sinceMs: number | null;
}

export async function observe(
  recording: Recording,
): Promise<{ readonly replayed: Replayed; readonly mappings: readonly ObservedMapping[] }> {
  const taken = new Map<string, Taken>();
  const underWay = new Map<string, UnderWay>();
  /** Lanes with a call out that began before the recording. */
  const begun = new Map<string, TakenUnit["lanes"][number]>();
  let endedAtMs = 0;

  const mappingOf = (lane: string): Taken | undefined => taken.get(lane.split("/")[0] ?? "");
  const unitOf = (lane: string): TakenUnit | undefined => mappingOf(lane)?.units.get(pathOf(lane).unit);

  function arrive(lane: string, records: readonly KinesisRecord[], readAtMs: number, isHeld = false): void {
    const found = mappingOf(lane);
    const unit = unitOf(lane);
    if (found === undefined || unit === undefined) return;
    for (const record of records) {
      const key = named(unit, pathOf(lane).unit, record, found.kind);
      // Read again after a new start: it came once.
      if (unit.arrivals.has(key)) continue;
      const isPrompt = readAtMs - record.arrivedAtMs <= PROMPT_MS;
      const atMs = isPrompt ? readAtMs : Math.max(found.beganAtMs, record.arrivedAtMs);
      unit.arrivals.set(key, { key, record, atMs, isHeld });
    }
  }

  function begin(line: Extract<CourseLine, { k: "lane" }>): void {
    const unit = unitOf(line.l);
    if (unit === undefined) return;
    const start = laneStartFrom(line);
    const { stack, waiting, phase } = start.lane;
    const { index } = pathOf(line.l);
    const isFirstLife = unit.lanes[index] === undefined;
    arrive(
      line.l,
      [...stack.toReversed().flatMap(({ records }) => records), ...recordsOf(waiting)],
      line.atMs,
      isFirstLife,
    );
    underWay.delete(line.l);
    if (!isFirstLife) return;
    const lane = { start, underWay: null };
    unit.lanes[index] = lane;
    if (start.lane.isEnded) unit.endsAtMs = line.atMs;
    if (phase.kind !== "inFlight") return;
    begun.set(line.l, lane);
    underWay.set(line.l, { records: namesOf(unit, stack.at(-1)?.records ?? []), sinceMs: null });
  }

  function returned(lane: string, called: Called, atMs: number): void {
    const call = underWay.get(lane);
    underWay.delete(lane);
    if (call === undefined) return;
    const { records, sinceMs } = call;
    const elapsedMs = sinceMs === null ? null : atMs - sinceMs;
    mappingOf(lane)?.calls.push({ unit: pathOf(lane).unit, records, called, elapsedMs });
    const first = begun.get(lane);
    begun.delete(lane);
    if (first !== undefined) first.underWay = { called, atMs };
  }

  function onLine(line: CourseLine): void {
    if ("atMs" in line) endedAtMs = Math.max(endedAtMs, line.atMs);
    switch (line.k) {
      case "mapping": {
        const before = taken.get(line.m);
        if (before !== undefined) before.hasChanged = true;
        else {
          const { spec, atMs: beganAtMs, batchCount } = line;
          const kind = createStreamKind(spec);
          taken.set(line.m, { spec, kind, beganAtMs, batchCount, units: new Map(), calls: [], hasChanged: false });
        }
        return;
      }
      case "settings": {
        const found = taken.get(line.m);
        if (found !== undefined) found.hasChanged = true;
        return;
      }
      case "unit": {
        const units = taken.get(line.m)?.units;
        const known = units?.get(line.u);
        known?.names.clear();
        known?.firsts.clear();
        if (known === undefined) units?.set(line.u, takenUnit(line));
        return;
      }
      case "lane":
        return begin(line);
      case "fed": {
        if (line.e.kind === "arrived") arrive(line.l, line.e.records.map(recordFrom), line.atMs);
        if (line.e.kind === "returned") returned(line.l, line.e.called, line.atMs);
        const unit = unitOf(line.l);
        if (line.e.kind === "ended" && unit !== undefined) unit.endsAtMs = line.atMs;
        return;
      }
      default:
        return;
    }
  }

  /** Never stops: looks at what is called. */
  function stopsAt({ isEnded, lane, runner, atMs }: ReplayedCall): boolean {
    const top = runner.lane().stack.at(-1);
    const unit = unitOf(lane);
    if (!isEnded && top !== undefined && unit !== undefined)
      underWay.set(lane, { records: namesOf(unit, top.records), sinceMs: atMs });
    return false;
  }

  const replayed = await replay(recording, { onLine, stopsAt });
  return { replayed, mappings: [...taken.values()].map((each) => observedFrom(each, endedAtMs)) };
}

function takenUnit(line: Extract<CourseLine, { k: "unit" }>): TakenUnit {
  return {
    parents: line.parents ?? [],
    watermark: watermarkFrom(line),
    lanes: [],
    arrivals: new Map(),
    names: new Map(),
    firsts: new Map(),
    endsAtMs: null,
  };
}

/** The records of an aggregate are counted from the first of them that came. */
function named(unit: TakenUnit, id: UnitId, record: KinesisRecord, kind: StreamKind): RecordKey {
  const position = kind.position(record);
  const first = unit.firsts.get(position) ?? record.ordinal;
  unit.firsts.set(position, first);
  const key = recordKey(id, record.ordinal === first ? position : `${position}#${record.ordinal - first}`);
  unit.names.set(record.ordinal, key);
  return key;
}

const namesOf = ({ names }: TakenUnit, records: readonly KinesisRecord[]): readonly RecordKey[] =>
  records.map(({ ordinal }) => names.get(ordinal) ?? "");

function observedFrom({ units, ...taken }: Taken, endedAtMs: number): ObservedMapping {
  const { kind } = taken;
  return {
    ...taken,
    endedAtMs,
    units: [...units].map(([id, { parents, watermark, lanes, endsAtMs, arrivals }]) => ({
      id,
      parents,
      watermark,
      lanes,
      endsAtMs,
      // Lanes of one unit tell of their records apart: together they are in the unit's order.
      arrivals: inOrder([...arrivals.values()], (record) => kind.position(record)),
    })),
  };
}

/** By position; a record is never there before those that come before it in its unit. */
function inOrder(
  arrivals: readonly ObservedArrival[],
  positionOf: (record: KinesisRecord) => Position,
): readonly ObservedArrival[] {
  let latestMs = Number.NEGATIVE_INFINITY;
  return arrivals
    .toSorted((a, b) => compared(positionOf(a.record), positionOf(b.record)) || a.record.ordinal - b.record.ordinal)
    .map((arrival) => {
      latestMs = Math.max(latestMs, arrival.atMs);
      return { ...arrival, atMs: latestMs };
    });
}

const compared = (a: Position, b: Position): number => (a < b ? -1 : a > b ? 1 : 0);
