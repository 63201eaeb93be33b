// A recording as explain reads it: its journal entries, and its records in place of the source's. The mapping's settings and how far its
// units had come are told as the journal of a server tells them.

import type { KinesisRecord } from "../../kinds/kinesis/kinesis-record.ts";
import { createStreamKind } from "../../kinds/mapping-kind.ts";
import type { StreamKind } from "../../kinds/stream-kind.ts";
import type { Entry, Fact } from "../../ports/journal.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import type { Position } from "../../ports/source.ts";
import type { Recording } from "../../recording/read-recording.ts";
import { recordFrom } from "../../recording/record-form.ts";
import { pathOf } from "../../recording/replay-mapping.ts";
import { recordedSettings } from "../replay/recorded-settings.ts";
import { type Met, metIn } from "./met-batch.ts";
import { streamOf } from "./record-question.ts";
import { pageOf, type SourceRecord, type SourceRecords } from "./source-records.ts";

export function* recordedEntries(recording: Recording): Generator<Entry> {
  for (const each of recordedCourse(recording)) if (each.kind !== "met") yield each;
}

/** With what lanes had in hand where the recording met them. */
export function* recordedCourse(recording: Recording): Generator<Entry | Met> {
  const kinds = new Map<string, StreamKind>();
  const numbers = new Map<string, number>();
  const begun = new Set<string>();
  const entry = (mapping: string, lane: string, atMs: number, fact: Fact): Entry => {
    const seq = (numbers.get(lane) ?? 0) + 1;
    numbers.set(lane, seq);
    return { atMs, mapping, lane, seq, ...fact };
  };
  for (const line of recording.lines()) {
    switch (line.k) {
      case "mapping":
      case "settings": {
        const settings = settingsOf(line.spec, recording.header.isWithPayloads);
        yield entry(line.m, line.m, line.atMs, { kind: "settings", settings });
        kinds.set(line.m, createStreamKind(line.spec));
        if (begun.has(line.m)) break;
        begun.add(line.m);
        yield entry(line.m, line.m, line.atMs, { kind: "mapping-state", from: "", to: "Enabled", reason: "" });
        break;
      }
      case "unit":
        yield entry(line.m, `${line.m}/${line.u}`, line.atMs, {
          kind: "unit-opened",
          after: line.place,
          startedFrom: "after",
        });
        break;
      case "lane": {
        const kind = kinds.get(line.m);
        if (kind !== undefined) yield* metIn(line, (record) => kind.position(record));
        break;
      }
      case "entry":
        yield entry(line.m, line.l, line.atMs, line.fact);
        break;
      default:
        break;
    }
  }
}

/** Without payloads nobody can say which pattern a record has passed. */
function settingsOf(spec: MappingSpec, isWithPayloads: boolean): Readonly<Record<string, unknown>> {
  const settings = recordedSettings(spec);
  return isWithPayloads ? settings : { ...settings, FilterCriteria: { Filters: [] } };
}

/** Records by stream and shard, in order of their positions. */
export function recordedRecords(recording: Recording): SourceRecords {
  const shards = new Map<string, Map<Position, SourceRecord>>();
  const kinds = new Map<string, { readonly stream: string; readonly kind: StreamKind }>();
  const take = (lane: string, records: readonly KinesisRecord[]): void => {
    const own = kinds.get(lane.split("/")[0] ?? "");
    if (own === undefined) return;
    const key = `${own.stream}|${pathOf(lane).unit}`;
    const shard = shards.get(key) ?? new Map<Position, SourceRecord>();
    shards.set(key, shard);
    for (const record of records) {
      const position = own.kind.position(record);
      const partitionKey = Buffer.from(record.partitionKey).toString("utf8");
      shard.set(position, { position, arrivedAtMs: record.arrivedAtMs, partitionKey, data: record.data });
    }
  };
  for (const line of recording.lines()) {
    if (line.k === "mapping")
      kinds.set(line.m, { stream: streamOf(recordedSettings(line.spec)), kind: createStreamKind(line.spec) });
    else if (line.k === "lane") {
      const held = [...line.lane.stack.flatMap(({ records }) => records), ...line.lane.waiting];
      take(line.l, held.map(recordFrom));
    } else if (line.k === "fed" && line.e.kind === "arrived") take(line.l, line.e.records.map(recordFrom));
  }
  const sorted = new Map(
    [...shards].map(([key, shard]) => [key, [...shard.values()].sort((a, b) => (a.position < b.position ? -1 : 1))]),
  );
  return {
    silence: () => null,
    page: (stream, unit, from) => Promise.resolve(pageOf(sorted.get(`${stream}|${unit}`) ?? [], from)),
  };
}
