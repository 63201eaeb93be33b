// What a batch's records, read from the source again, tell about one of them: its key, which filter let it through, and its place.

import { compileFilters, MOST_FILTER_LIMIT } from "../../core/filter/compile-filters.ts";
import { explainRecord, type Explanation } from "../../core/filter/explain.ts";
import { laneOf } from "../../core/lane-key.ts";
import type { FilterView } from "../../core/filter/filter-view.ts";
import { createDynamodbKind } from "../../kinds/dynamodb/dynamodb-kind.ts";
import { createKinesisKind } from "../../kinds/kinesis/kinesis-kind.ts";
import { entryIdFromPosition, type StreamFamily } from "../../kinds/stream-family.ts";
import type { StreamKind } from "../../kinds/stream-kind.ts";
import type { Position } from "../../ports/source.ts";
import type { SourceRecord } from "./source-records.ts";

type Settings = Readonly<Record<string, unknown>>;

export interface RecordFacts {
  readonly key: string;
  readonly arrivedAtMs: number;
  /** `pattern 1 of 2`; null without filters, or where none lets it through. */
  readonly passed: string | null;
  /** Why no filter lets it through; null where one does, or there is none. */
  readonly explanation: Explanation | null;
}

export interface Judge {
  /** Whether the record belongs to this lane of its shard, and passes. */
  isDelivered(record: SourceRecord, laneIndex: number): boolean;
  factsOf(record: SourceRecord): RecordFacts;
}

export function createJudge(settings: Settings): Judge {
  const patterns = patternsOf(settings);
  const family = familyOfSettings(settings);
  const compiled = compileFilters(patterns, family, { limit: MOST_FILTER_LIMIT });
  const factor = typeof settings["ParallelizationFactor"] === "number" ? settings["ParallelizationFactor"] : 1;
  const kind = kindOf(settings, family);
  const explained = (record: SourceRecord): Explanation | null =>
    compiled.kind === "filters" ? explainRecord(compiled, viewOf(kind, record)) : null;
  return {
    isDelivered(record, laneIndex) {
      if (laneOf(Buffer.from(record.partitionKey, "utf8"), factor) !== laneIndex) return false;
      return explained(record)?.isMatch ?? true;
    },
    factsOf(record) {
      const explanation = explained(record);
      const { partitionKey: key, arrivedAtMs } = record;
      const isPassed = explanation?.isMatch === true;
      return {
        key,
        arrivedAtMs,
        passed: isPassed ? `pattern ${explanation.patternIndex + 1} of ${explanation.patternCount}` : null,
        explanation: isPassed ? null : explanation,
      };
    },
  };
}

/** Which family of streams the mapping's source is of. */
export function familyOfSettings(settings: Settings): StreamFamily {
  return String(settings["EventSourceArn"]).split(":")[2] === "dynamodb" ? "dynamodb" : "kinesis";
}

export function kindOf(settings: Settings, family: StreamFamily): StreamKind {
  const eventSourceArn = String(settings["EventSourceArn"]);
  const place = { eventSourceArn, region: eventSourceArn.split(":")[3] ?? "" };
  return family === "dynamodb" ? createDynamodbKind(place) : createKinesisKind({ ...place, roleArn: "" });
}

function viewOf(kind: StreamKind, { position, arrivedAtMs, partitionKey, data: stored }: SourceRecord): FilterView {
  const entryId = entryIdFromPosition(position) ?? "0-0";
  const data = kind.admitted(stored, entryId);
  return kind.filterView({
    ordinal: 0,
    arrivedAtMs,
    sizeBytes: 0,
    entryId,
    partitionKey: Buffer.from(partitionKey, "utf8"),
    data,
  });
}

/** The texts of a mapping's filters, as its settings have them. */
export function patternsOf(settings: Settings): readonly string[] {
  const criteria = settings["FilterCriteria"];
  const filters: unknown = typeof criteria === "object" && criteria !== null ? Reflect.get(criteria, "Filters") : null;
  if (!Array.isArray(filters)) return [];
  return filters.flatMap((each: unknown) => {
    const pattern: unknown = typeof each === "object" && each !== null ? Reflect.get(each, "Pattern") : null;
    return typeof pattern === "string" ? [pattern] : [];
  });
}

/** A record's place in its batch, from 1; null where what the source has now does not make up the batch. */
export function placeAmong(
  records: readonly SourceRecord[],
  position: Position,
  batch: { readonly recordCount: number; readonly laneIndex: number; readonly judge: Judge },
): number | null {
  const delivered = records.filter((record) => batch.judge.isDelivered(record, batch.laneIndex));
  if (delivered.length !== batch.recordCount) return null;
  const index = delivered.findIndex((record) => record.position === position);
  return index < 0 ? null : index + 1;
}
