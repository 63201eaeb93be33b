// What a recording holds for a run under other settings: which records came to which unit and when, and what each call of a batch came
// to. Read off while the recording is replayed.

import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { createStreamKind } from "../kinds/mapping-kind.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Position, UnitId } from "../ports/source.ts";
import type { Called } from "../runtime/call-outcome.ts";
import type { Recording } from "./read-recording.ts";
import { recordFrom } from "./record-form.ts";
import type { CourseLine, RecordForm } from "./recording-line.ts";
import { pathOf } from "./replay-mapping.ts";
import { type Replayed, type ReplayedCall, replay } from "./replay.ts";

/** A record's place in its stream: positions are a unit's own, and those of two units may be the same. */
export type RecordKey = string;

export const recordKey = (unit: UnitId, position: Position): RecordKey => `${unit}|${position}`;
export const positionOfKey = (key: RecordKey): Position => key.slice(key.indexOf("|") + 1);

export interface ObservedArrival {
  readonly record: KinesisRecord;
  /** When it was there to be read: its arrival, or the recording's beginning where that is later; never after it was read. */
  readonly atMs: number;
}

export interface ObservedUnit {
  readonly id: UnitId;
  readonly arrivals: readonly ObservedArrival[];
  readonly isEnded: boolean;
}

export interface ObservedMapping {
  /** As the recording first met it. */
  readonly spec: MappingSpec;
  readonly kind: StreamKind;
  readonly beganAtMs: number;
  readonly units: readonly ObservedUnit[];
  readonly calls: readonly { readonly records: readonly RecordKey[]; readonly called: Called }[];
  /** It stopped, was started anew, or had its settings changed while it was recorded. */
  readonly hasChanged: boolean;
}

interface Taken {
  readonly spec: MappingSpec;
  readonly kind: StreamKind;
  readonly beganAtMs: number;
  readonly units: Map<UnitId, { readonly byPosition: Map<Position, ObservedArrival>; isEnded: boolean }>;
  readonly calls: { readonly records: readonly RecordKey[]; readonly called: Called }[];
  hasChanged: boolean;
}

export async function observe(
  recording: Recording,
): Promise<{ readonly replayed: Replayed; readonly mappings: readonly ObservedMapping[] }> {
  const taken = new Map<string, Taken>();
  const underWay = new Map<string, readonly RecordKey[]>();

  function arrive(lane: string, forms: readonly RecordForm[], readAtMs: number): void {
    const found = taken.get(lane.split("/")[0] ?? "");
    if (found === undefined) return;
    const { unit } = pathOf(lane);
    const known = found.units.get(unit) ?? { byPosition: new Map<Position, ObservedArrival>(), isEnded: false };
    found.units.set(unit, known);
    let before: Position | null = null;
    let sameCount = 0;
    for (const form of forms) {
      const record = recordFrom(form);
      const own = found.kind.position(record);
      // Records of one aggregate share their position; they come together.
      sameCount = own === before ? sameCount + 1 : 0;
      before = own;
      const position = sameCount === 0 ? own : `${own}#${sameCount}`;
      // Read again after a new start: it came once.
      if (known.byPosition.has(position)) continue;
      const atMs = Math.min(readAtMs, Math.max(found.beganAtMs, record.arrivedAtMs));
      known.byPosition.set(position, { record, atMs });
    }
  }

  function onLine(line: CourseLine): void {
    switch (line.k) {
      case "mapping": {
        const before = taken.get(line.m);
        if (before !== undefined) before.hasChanged = true;
        else {
          const { spec, atMs: beganAtMs } = line;
          taken.set(line.m, {
            spec,
            kind: createStreamKind(spec),
            beganAtMs,
            units: new Map(),
            calls: [],
            hasChanged: false,
          });
        }
        return;
      }
      case "settings": {
        const found = taken.get(line.m);
        if (found !== undefined) found.hasChanged = true;
        return;
      }
      case "lane": {
        const inHand = line.lane.stack.toReversed().flatMap(({ records }) => records);
        arrive(line.l, [...inHand, ...line.lane.waiting], line.atMs);
        const top = line.lane.stack.at(-1);
        const kind = taken.get(line.m)?.kind;
        if (line.lane.phase.kind === "inFlight" && top !== undefined && kind !== undefined)
          underWay.set(
            line.l,
            top.records.map((form) => recordKey(pathOf(line.l).unit, kind.position(recordFrom(form)))),
          );
        return;
      }
      case "fed":
        if (line.e.kind === "arrived") arrive(line.l, line.e.records, line.atMs);
        if (line.e.kind === "ended") end(line.l);
        if (line.e.kind === "returned") {
          const records = underWay.get(line.l);
          underWay.delete(line.l);
          if (records !== undefined)
            taken.get(line.l.split("/")[0] ?? "")?.calls.push({ records, called: line.e.called });
        }
        return;
      default:
        return;
    }
  }

  function end(lane: string): void {
    const unit = taken.get(lane.split("/")[0] ?? "")?.units.get(pathOf(lane).unit);
    if (unit !== undefined) unit.isEnded = true;
  }

  /** Never stops: looks at what is called. */
  function stopsAt({ isEnded, lane, runner, mapping }: ReplayedCall): boolean {
    const top = runner.lane().stack.at(-1);
    if (!isEnded && top !== undefined)
      underWay.set(
        lane,
        top.records.map((each) => recordKey(pathOf(lane).unit, mapping.kind.position(each))),
      );
    return false;
  }

  const replayed = await replay(recording, { onLine, stopsAt });
  return { replayed, mappings: [...taken.values()].map(observedFrom) };
}

function observedFrom({ units, ...taken }: Taken): ObservedMapping {
  const { kind } = taken;
  return {
    ...taken,
    units: [...units].map(([id, { byPosition, isEnded }]) => ({
      id,
      isEnded,
      // Lanes of one unit tell of their records apart: together they are in the unit's order.
      arrivals: inOrder([...byPosition.values()], (record) => kind.position(record)),
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
    .toSorted((a, b) => compared(positionOf(a.record), positionOf(b.record)))
    .map((arrival) => {
      latestMs = Math.max(latestMs, arrival.atMs);
      return { ...arrival, atMs: latestMs };
    });
}

const compared = (a: Position, b: Position): number => (a < b ? -1 : a > b ? 1 : 0);
