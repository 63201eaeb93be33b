// What went into a simulated house and what came out of it, one history a mapping, for the checkers: shards and records from its streams,
// calls and answers as functions see them, documents as the destination gets them, checkpoints as the store is given them. Nothing is
// taken from the runtime.

import { compileFilters, MOST_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { createPassingFilter } from "../core/filter/passing-filter.ts";
import { createStreamKind, filteredKindOf } from "../kinds/mapping-kind.ts";
import { entryIdFromPosition } from "../kinds/stream-family.ts";
import type { Clock } from "../ports/clock.ts";
import type { Answer, Call } from "../ports/invoker.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Report } from "../ports/reporter.ts";
import type { Position, UnitId } from "../ports/source.ts";
import { STARTED_MARK } from "../runtime/unit-places.ts";
import type { ToldStream } from "../sim/told-history.ts";
import { limitsOf } from "../sim/limits-of.ts";
import { firstFailed, partsAsOne, type SeenCall, seenEventFrom, seenReportFrom } from "../sim/seen-event.ts";
import type { Happening, PutRecord } from "../sim/history.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";

/** A process and the mapping that it runs. */
export interface MappingNotes {
  called(call: Call): (answer: Answer) => void;
  reported(report: Report): void;
  repeated(unit: UnitId): void;
  saved(unit: UnitId, after: Position | null, isLost: boolean): void;
  positioned(): void;
  /** Settings were given to it; said before it has taken them. */
  updating(spec: MappingSpec): void;
  updated(): void;
  stopped(isForced: boolean): void;
  crashed(): void;
}

/** Of a mapping of which nothing is checked, or nobody asks. */
export const silentNotes: MappingNotes = {
  called: () => () => undefined,
  reported: () => undefined,
  repeated: () => undefined,
  saved: () => undefined,
  positioned: () => undefined,
  updating: () => undefined,
  updated: () => undefined,
  stopped: () => undefined,
  crashed: () => undefined,
};

export interface HouseHistory {
  /** The same stream, with a look at what is put to it and done to it. */
  watched(streamName: string, stream: VirtualStream): VirtualStream;
  started(spec: MappingSpec): MappingNotes;
  /** For all mappings. */
  note(happening: Happening): void;
  mappings(): readonly string[];
  functionOf(uuid: string): string;
  /** Tumbling windows or a starting timestamp are, or were, in force. */
  isTimeRead(): boolean;
  /** `isOver`: the world has had its time, and the mapping still runs: it owes everything now. */
  historyOf(uuid: string, isOver: boolean): ToldStream;
}

interface Noted {
  /** Null: for every mapping. */
  readonly mapping: string | null;
  /** Null: of no stream. */
  readonly stream: string | null;
  readonly happening: Happening;
  readonly entriesBefore: number;
}

interface Put {
  readonly unit: UnitId;
  readonly position: Position;
  readonly data: Uint8Array;
}

interface Watched {
  readonly specs: MappingSpec[];
  readonly calls: Map<string, { readonly unit: UnitId; readonly positions: readonly Position[]; eventBytes: number }>;
}

/** `isKept` false: nothing is looked at, and there is no history; a large run keeps its memory. */
export function createHouseHistory(clock: Clock, isKept: boolean, entryCount: () => number): HouseHistory {
  const noted: Noted[] = [];
  const push = (of: Pick<Noted, "mapping" | "stream">, happening: Happening): void => {
    noted.push({ ...of, happening, entriesBefore: entryCount() });
  };
  const mappings = new Map<string, Watched>();
  /** By stream and position. */
  const puts = new Map<string, Put>();
  let putCount = 0;
  let callCount = 0;

  const unitOf = (stream: string, position: Position): UnitId | null => puts.get(`${stream}/${position}`)?.unit ?? null;

  function noteStream(stream: string, happening: Happening): void {
    push({ mapping: null, stream }, happening);
  }

  function started(spec: MappingSpec): MappingNotes {
    const { uuid, generation } = spec;
    const streamName = nameOfSource(spec);
    const own: Watched = mappings.get(uuid) ?? { specs: [], calls: new Map() };
    mappings.set(uuid, own);
    own.specs.push(spec);
    if (!isKept) return { ...silentNotes, updating: (next) => void own.specs.push(next) };
    /** Of this process: one that was replaced keeps what it had. */
    let inForce = spec;
    let hasNewFactor = false;
    const note = (happening: Happening): void => push({ mapping: uuid, stream: null }, happening);
    note({ kind: "started", life: generation, atMs: clock.nowMs() });

    return {
      called(call) {
        const eventText = call.text();
        const { unit, positions, window } = seenIn(eventText, (position) => unitOf(streamName, position));
        const number = callCount++;
        const eventBytes = Buffer.byteLength(eventText);
        const { requestId } = call;
        own.calls.set(requestId, { unit, positions, eventBytes });
        const seen = { call: number, life: generation, requestId, unit, positions, eventBytes, window };
        note({ kind: "called", ...seen, atMs: clock.nowMs() });
        // As it was asked: an update, or another process with newer settings, changes nothing of a call that is out.
        const asked = { isReporting: inForce.lane.isReporting, isStateWanted: window !== null };
        return (answer) =>
          note({
            kind: "returned",
            call: number,
            failedFrom: firstFailed(answer, positions, asked),
            isCounted: answer.kind !== "refused",
            atMs: clock.nowMs(),
          });
      },
      reported(report) {
        const seen = seenReportFrom(report.body);
        if (seen === null) return;
        const { unit, requestId, count, recordCount } = seen;
        const carried = seen.payload === null ? null : seenIn(seen.payload, () => unit);
        const call = carried ?? own.calls.get(requestId);
        const positions = (call?.positions ?? positionsOf(streamName, unit)).filter(
          (position) => position >= seen.first && position <= seen.last,
        );
        // Never called: it is too large for a call, or too old.
        const eventBytes =
          seen.payload === null
            ? (own.calls.get(requestId)?.eventBytes ?? Number.POSITIVE_INFINITY)
            : Buffer.byteLength(seen.payload);
        note({
          kind: "reported",
          life: generation,
          requestId,
          unit,
          positions,
          isExact: call !== undefined || positions.length === recordCount,
          eventBytes,
          count,
          atMs: clock.nowMs(),
        });
      },
      repeated: (unit) => note({ kind: "repeated", unit }),
      saved(unit, after, isLost) {
        if (unit !== STARTED_MARK) note({ kind: "saved", unit, after, isLost, atMs: clock.nowMs() });
      },
      positioned: () => note({ kind: "positioned", life: generation }),
      updating(next) {
        own.specs.push(next);
        hasNewFactor ||= next.parallelizationFactor !== inForce.parallelizationFactor;
        inForce = next;
      },
      updated() {
        if (hasNewFactor) note({ kind: "relaned", life: generation });
      },
      stopped: (isForced) => note({ kind: "stopped", life: generation, isForced }),
      crashed: () => note({ kind: "crashed", life: generation }),
    };
  }

  function positionsOf(stream: string, unit: UnitId): readonly Position[] {
    return noted.flatMap(({ stream: name, happening }) =>
      name === stream && happening.kind === "put" && happening.record.unit === unit ? [happening.record.position] : [],
    );
  }

  return {
    watched(name, stream) {
      if (!isKept) return stream;
      const watched: VirtualStream = {
        ...stream,
        addShard(id, parents, hashKeys) {
          if (hashKeys === undefined) stream.addShard(id, parents);
          else stream.addShard(id, parents, hashKeys);
          noteStream(name, { kind: "shard", unit: id, parents });
        },
        put(shard, entry) {
          const put = stream.put(shard, entry);
          const { position } = put;
          puts.set(`${name}/${position}`, { unit: shard, position, data: entry.data });
          const atMs = entry.arrivedAtMs ?? clock.nowMs();
          const record = { unit: shard, position, number: putCount++, key: entry.key, atMs, isFiltered: false };
          noteStream(name, { kind: "put", record });
          return put;
        },
        trim(shard, count) {
          const through = stream.trim(shard, count);
          if (through !== null) noteStream(name, { kind: "trimmed", unit: shard, through });
          return through;
        },
      };
      return watched;
    },
    started,
    note(happening) {
      if (isKept) push({ mapping: null, stream: null }, happening);
    },
    mappings: () => [...mappings.keys()],
    functionOf: (uuid) => mappings.get(uuid)?.specs.at(-1)?.functionName ?? "",
    isTimeRead: () =>
      [...mappings.values()].some(({ specs }) =>
        specs.some(({ lane, start }) => lane.tumblingMs > 0 || start.kind === "atTimestamp"),
      ),
    historyOf(uuid, isOver) {
      const specs = mappings.get(uuid)?.specs ?? [];
      const streamName = nameOfSource(specs[0]);
      const isFiltered = filterOf(specs, (position) => puts.get(`${streamName}/${position}`)?.data ?? null);
      const own = noted.filter(
        ({ mapping, stream }) => (mapping ?? uuid) === uuid && (stream ?? streamName) === streamName,
      );
      const happenings = own.map(({ happening }): Happening => {
        if (happening.kind !== "put") return happening;
        return { kind: "put", record: { ...happening.record, isFiltered: isFiltered(happening.record) } };
      });
      const entriesBefore = own.map((each) => each.entriesBefore);
      if (isOver) {
        happenings.push({ kind: "over", atMs: clock.nowMs() });
        entriesBefore.push(entryCount());
      }
      return { kind: "stream", history: { limits: limitsOf(specs), happenings }, entriesBefore };
    },
  };
}

/** What a function keeps in a window's state is its own. */
function seenIn(text: string, unitOf: (position: Position) => UnitId | null): SeenCall {
  const seen = seenEventFrom(text, { unitOf, isCounting: false });
  return { ...seen, positions: partsAsOne(seen.positions) };
}

/** Whether one of the filters that were ever in force passes a record over. */
function filterOf(
  specs: readonly MappingSpec[],
  dataOf: (position: Position) => Uint8Array | null,
): (record: PutRecord) => boolean {
  const patterns = new Map(specs.map((spec) => [JSON.stringify(spec.filterPatterns), spec]));
  const filters = [...patterns.values()].flatMap((spec) => {
    const compiled = compileFilters(spec.filterPatterns, filteredKindOf(spec), { limit: MOST_FILTER_LIMIT });
    if (spec.filterPatterns.length === 0 || compiled.kind !== "filters") return [];
    return [{ filter: createPassingFilter(compiled), kind: createStreamKind(spec) }];
  });
  return ({ position, key, atMs }) => {
    const data = dataOf(position);
    const entryId = entryIdFromPosition(position);
    if (data === null || entryId === null) return false;
    const entry = { ordinal: 0, arrivedAtMs: atMs, sizeBytes: 0, entryId, partitionKey: Buffer.from(key) };
    return filters.some(
      ({ filter, kind }) => !filter.passes(kind.filterView({ ...entry, data: kind.admitted(data, entryId) })),
    );
  };
}

function nameOfSource(spec: MappingSpec | undefined): string {
  if (spec === undefined) return "";
  if ("streamName" in spec.source) return spec.source.streamName;
  return "queueName" in spec.source ? spec.source.queueName : "";
}
