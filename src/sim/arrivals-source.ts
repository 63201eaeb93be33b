// A source in the simulated world whose records come when they are told to: each unit hands out what has arrived, in order, and ends
// where the original ended. Positions stay as they were; ordinals are counted anew.

import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Position, Read, Reader, Room, Source, UnitId } from "../ports/source.ts";

interface Arrival {
  readonly record: KinesisRecord;
  /** When it can be read first. */
  readonly atMs: number;
}

export interface UnitArrivals {
  readonly id: UnitId;
  /** Read to their end before it; absent: none. */
  readonly parents?: readonly UnitId[];
  /** In the unit's order. */
  readonly arrivals: readonly Arrival[];
  /** It is closed then, behind the last of them; null: it stays open. */
  readonly endsAtMs: number | null;
}

export function createArrivalsSource(
  units: readonly UnitArrivals[],
  clock: Clock,
  positionOf: (record: KinesisRecord) => Position,
): Source<KinesisRecord> {
  return {
    topology: () =>
      Promise.resolve({
        kind: "topology",
        units: units.map(({ id, parents = [], endsAtMs }) => ({
          id,
          parents,
          isClosed: endsAtMs !== null && endsAtMs <= clock.nowMs(),
        })),
      }),
    resolve: () => Promise.resolve({ kind: "resolved", after: null, earlierCount: null }),
    open(id, after, { firstOrdinal }) {
      const unit = units.find((each) => each.id === id) ?? { id, arrivals: [], endsAtMs: 0 };
      const past = after === null ? -1 : unit.arrivals.findLastIndex(({ record }) => positionOf(record) === after);
      return createReader(unit, { from: past + 1, firstOrdinal, clock });
    },
    close: () => Promise.resolve(),
  };
}

function createReader(
  { arrivals, endsAtMs }: UnitArrivals,
  given: { readonly from: number; readonly firstOrdinal: number; readonly clock: Clock },
): Reader<KinesisRecord> {
  const { clock } = given;
  let next = given.from;
  let ordinal = given.firstOrdinal;
  let isCaughtUpSaid = false;

  /** Null: nothing to say before the next record comes. */
  function answerNow(room: Room): Read<KinesisRecord> | null {
    const records: KinesisRecord[] = [];
    let bytes = 0;
    for (let each = arrivals[next]; each !== undefined && each.atMs <= clock.nowMs(); each = arrivals[next]) {
      if (records.length === room.records || bytes >= room.bytes) break;
      records.push({ ...each.record, ordinal: ordinal++ });
      bytes += each.record.sizeBytes;
      next += 1;
    }
    const following = arrivals[next];
    const isCaughtUp = following === undefined || following.atMs > clock.nowMs();
    if (records.length > 0 || (isCaughtUp && !isCaughtUpSaid)) {
      isCaughtUpSaid = isCaughtUp;
      return { kind: "records", records, isCaughtUp, lost: null };
    }
    return following === undefined && endsAtMs !== null && endsAtMs <= clock.nowMs() ? { kind: "ended" } : null;
  }

  return {
    read: (room, signal) =>
      new Promise((resolve) => {
        let cancel: Cancel = () => undefined;
        const look = (): void => {
          const answer = answerNow(room);
          if (answer !== null) return resolve(answer);
          const following = arrivals[next];
          const nextMs = following?.atMs ?? endsAtMs;
          if (nextMs !== null) cancel = clock.wakeAt(nextMs, look);
        };
        signal.addEventListener("abort", () => cancel());
        cancel = clock.wakeAt(clock.nowMs(), look); // Never within the asker's own turn.
      }),
    close: () => Promise.resolve(),
  };
}
