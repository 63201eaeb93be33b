// The report on a batch that was given up: its document for a queue or topic, its object with the event for a bucket (O-rules), or
// messages with a record each for a topic of Kafka (M-424).

import type { Batch } from "../core/batch.ts";
import type { Condition } from "../core/lane-state.ts";
import {
  type GivenUp,
  onFailureDocument,
  onFailureMessage,
  onFailureObject,
  onFailureObjectKey,
} from "../core/on-failure-document.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Rec } from "../core/record.ts";
import type { WindowPart } from "../core/tumbling.ts";
import type { Clock } from "../ports/clock.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import { kafkaTopicOf, type Report } from "../ports/reporter.ts";
import type { UnitId } from "../ports/source.ts";
import type { LaneContext } from "./mapping-context.ts";

export interface ToReport<R extends Rec> {
  readonly batch: Batch<R>;
  readonly condition: Condition;
  readonly outcome: Outcome | null;
  readonly window: WindowPart | null;
  readonly requestId: string;
  readonly destination: string;
  readonly executedVersion: string | null;
}

export interface ReportContext<R extends Rec> extends Pick<LaneContext<R>, "kind" | "random"> {
  readonly spec: Pick<MappingSpec, "uuid" | "functionArn">;
  readonly clock: Pick<Clock, "nowMs">;
}

export function reportOf<R extends Rec>(context: ReportContext<R>, unit: UnitId, given: ToReport<R>): Report {
  const { batch, window, destination } = given;
  const { kind, spec } = context;
  const { records } = batch;
  const atMs = context.clock.nowMs();
  const facts: Omit<GivenUp, "batchInfo"> = {
    requestId: given.requestId,
    functionArn: spec.functionArn,
    condition: given.condition,
    attempts: batch.attempts,
    outcome: given.outcome,
    executedVersion: given.executedVersion,
    atMs,
    window,
  };
  const base = { mappingUuid: spec.uuid, destinationArn: destination, objectKey: null };
  if (kafkaTopicOf(destination) !== null) {
    const messages = records.flatMap((record) => {
      const info = kind.recordInfo?.(record);
      if (info === undefined) return [];
      const { batchInfo, key } = info;
      return [{ key, value: onFailureMessage({ ...facts, batchInfo }, kind.text(unit, [record], null)) }];
    });
    return { ...base, body: "", messages };
  }
  const document: GivenUp = { ...facts, batchInfo: kind.batchInfo(unit, records) };
  if (destination.split(":")[2] !== "s3") return { ...base, body: onFailureDocument(document) };
  const randomUuid = context.random.uuid("object");
  // A batch that mixes partitions goes by its first one (M-423).
  const folder = records[0]?.partition?.unit ?? unit;
  return {
    ...base,
    body: onFailureObject(document, kind.text(unit, records, window)),
    objectKey: onFailureObjectKey({ mappingUuid: spec.uuid, unit: folder, atMs, randomUuid }),
  };
}
