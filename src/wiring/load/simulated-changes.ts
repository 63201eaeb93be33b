// A collection of DocumentDB in a simulated load run: each record is an insert of a document, and the change stream has its change. The
// runtime that reads it is production's.

import { type ChangeRecord, changeRecord } from "../../kinds/documentdb/change-record.ts";
import { createChangeKind } from "../../kinds/documentdb/change-kind.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { PlannedSource } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import type { Read, Reader, Room, Source } from "../../ports/source.ts";
import type { SourceKind } from "../../ports/source-kind.ts";
import { createChangeRunner } from "../../runtime/change-runner.ts";
import type { MappingRunner } from "../../runtime/mapping-runner.ts";
import { isObject } from "../../sim/scenario.ts";
import { tokenOf } from "../../stores/change-token.ts";
import { eventTextOf } from "../../stores/embedded-change-source.ts";
import {
  modelEventText,
  type RunnerPorts,
  type SimulatedSource,
  type SourceWorld,
  withUnrecoverable,
} from "./simulated-source.ts";
import { streamEnds } from "./simulated-stream.ts";

type ChangeSource = PlannedSource & { readonly kind: "documentdb" };
type Change = Omit<ChangeRecord, "ordinal">;

/** As the journal names the one unit of a change stream. */
const UNIT = "changes";
const SECOND_MS = 1_000;

export function createSimulatedChanges(
  { clock }: SourceWorld,
  { database, collection }: ChangeSource,
): SimulatedSource {
  const sent: SentRecord[] = [];
  const poisoned = new Set<string>();
  const seenIds = new Set<string>();
  let kept: Change[] = [];
  let from = 0;
  let wasCaughtUp = false;
  let ordinal = 0;
  let waiting: { readonly room: Room; readonly resolve: (read: Read<ChangeRecord>) => void } | null = null;
  let last = { t: 0, i: 0 };
  let refusedCount = 0;

  function runnerOf(spec: MappingSpec, { events, isModelled, ...ports }: RunnerPorts): MappingRunner {
    if (spec.changes === undefined) throw new Error(`${spec.eventSourceArn} has no change stream`);
    const kind = createChangeKind({ eventSourceArn: spec.eventSourceArn });
    return createChangeRunner<ChangeRecord>({
      ...ports,
      spec,
      kind: isModelled ? modelled(kind) : kind,
      sourceOf: source,
      events: withUnrecoverable(events),
    });
  }

  function modelled(kind: SourceKind<ChangeRecord>): SourceKind<ChangeRecord> {
    const isPoison = ({ position }: ChangeRecord): boolean => poisoned.has(position);
    return { ...kind, text: (_unit, records) => modelEventText(records, isPoison, ({ position }) => position) };
  }

  function source(): Source<ChangeRecord> {
    return {
      topology: () => Promise.resolve({ kind: "topology", units: [{ id: UNIT, parents: [], isClosed: false }] }),
      // It begins before the first change: every starting position is the same place.
      resolve: () => Promise.resolve({ kind: "resolved", after: null, earlierCount: null }),
      open: (_unit, _after, { firstOrdinal }) => readerFrom(firstOrdinal),
      close: () => Promise.resolve(),
    };
  }

  function readerFrom(firstOrdinal: number): Reader<ChangeRecord> {
    ordinal = firstOrdinal;
    return {
      read: (room) =>
        new Promise((resolve) => {
          waiting = { room, resolve };
          if (from < kept.length || !wasCaughtUp) give();
        }),
      close() {
        waiting = null;
        return Promise.resolve();
      },
    };
  }

  function give(): void {
    if (waiting === null) return;
    const { room, resolve } = waiting;
    waiting = null;
    let to = from;
    let bytes = 0;
    while (to < kept.length && to - from < room.records && bytes < room.bytes) bytes += kept[to++]?.sizeBytes ?? 0;
    const records = kept.slice(from, to).map((change) => ({ ...change, ordinal: ordinal++ }));
    wasCaughtUp = to === kept.length;
    [kept, from] = wasCaughtUp ? [[], 0] : [kept, to];
    resolve({ kind: "records", records, isCaughtUp: wasCaughtUp, lost: null });
  }

  /** A change's time is its second's, and its number within it. */
  function nextTime() {
    const t = Math.floor(clock.nowMs() / SECOND_MS);
    last = t > last.t ? { t, i: 1 } : { t: last.t, i: last.i + 1 };
    return last;
  }

  function put(record: PlannedRecord, startedAtMs: number): void {
    const document = documentOf(record);
    // A second document of an `_id` is not taken.
    if (seenIds.has(document.id)) {
      refusedCount += 1;
      return;
    }
    if (document.isOwn) seenIds.add(document.id);
    const time = nextTime();
    const place = { ...time, isInvalidated: false };
    const position = tokenOf(place);
    const documentKey = `{"_id":${document.id}}`;
    const stored = { place, operation: "insert", collection, documentKey, updateDescription: null } as const;
    const eventText = eventTextOf({ ...stored, fullDocument: document.text }, position, database);
    const { ordinal: _none, ...change } = changeRecord({
      ordinal: 0,
      arrivedAtMs: time.t * SECOND_MS,
      position,
      eventText,
    });
    kept.push(change);
    const { bytes, isPoison } = record;
    if (isPoison) poisoned.add(position);
    const plannedAtMs = startedAtMs + record.atMs;
    const sentAtMs = plannedAtMs;
    sent.push({ plannedAtMs, sentAtMs, unit: UNIT, id: position, key: null, bytes, isPoison, isMatching: true });
  }

  return {
    sourceArn: null,
    unitCount: 1,
    lookups: {},
    runnerOf,
    put(records, startedAtMs) {
      for (const record of records) put(record, startedAtMs);
      if (from < kept.length) give();
    },
    handOver: () => false,
    sent,
    refusedCount: () => refusedCount,
    endedBy: streamEnds,
    isAtRest: () => true,
    close: () => undefined,
  };
}

/** The data with an `_id`, where it has none of its own: the record's number. `id`: as JSON text. */
function documentOf({ data, n }: PlannedRecord): {
  readonly id: string;
  readonly text: string;
  readonly isOwn: boolean;
} {
  if (data.includes('"_id"')) {
    const members: unknown = JSON.parse(data);
    const id: unknown = isObject(members) ? members["_id"] : undefined;
    if (id !== undefined) return { id: JSON.stringify(id), text: data, isOwn: true };
  }
  const id = String(n);
  const rest = data.slice(1).trimStart();
  return { id, text: `{"_id":${id}${rest.startsWith("}") ? "" : ","}${rest}`, isOwn: false };
}
